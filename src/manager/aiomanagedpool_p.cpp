// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedpool_p.h"

#include "pool/aioremotejob_p.h"
#include "process/aioregistry_p.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiopool.h>
#include <aioprocessing/aioworker.h>

#include <QThreadPool>

#include <condition_variable>

namespace aio_detail {

namespace {

constexpr qsizetype mostResultBytes = 32 << 20;
constexpr int mostProcesses = 1024;
constexpr qsizetype mostNews = 4096;        // that wait for a face, when a line comes

} // namespace

/* The engine of a managed pool, and what it says, on its way to the server's thread. */
class ManagedPoolEngine final : public PoolEvents
{
public:
    ManagedPoolEngine(const PoolSettings &settings, std::function<void()> told)
        : m_told(std::move(told)), m_engine(makeLocalEngine(settings, *this)) {}

    PoolEngine &engine() { return *m_engine; }
    /* The pool goes: it is told nothing any more. On the server's thread. */
    void leave()
    {
        const std::lock_guard lock(m_mutex);
        m_here.reset();
    }
    /* Ends the workers, and waits for that. */
    void end() { m_engine.reset(); }
    std::vector<PoolNews> take()
    {
        const std::lock_guard lock(m_mutex);
        m_isTold = false;
        return std::exchange(m_news, {});
    }

    void started(const PoolJobPtr &job, quint32 index, int attempt, qint64 worker) override
    {
        PoolNews news = about(PoolNews::Started, job, index);
        news.count = quint32(attempt);
        news.worker = worker;
        add(std::move(news));
    }
    void progressed(const PoolJobPtr &job, quint32 index, int value, int maximum, const QString &text) override
    {
        PoolNews news = about(PoolNews::Progressed, job, index);
        news.value = value;
        news.maximum = maximum;
        news.text = text;
        add(std::move(news));
    }
    void logged(const PoolJobPtr &job, quint32 index, const QString &line, qint64 lost) override
    {
        PoolNews news = about(PoolNews::Logged, job, index);
        news.text = line;
        news.lost = lost;
        add(std::move(news));
    }
    void finished(const PoolJobPtr &job, quint32 first, quint32 count, const PoolResults &results, const PoolTimes &times,
                  qint64 worker) override
    {
        PoolNews news = about(PoolNews::Finished, job, first);
        news.count = count;
        news.results.bytes = withoutBuffers(results);
        news.times = times;
        news.worker = worker;
        add(std::move(news));
    }
    void failed(const PoolJobPtr &job, quint32 index, const AioError &error) override
    {
        PoolNews news = about(PoolNews::Failed, job, index);
        news.error = error;
        add(std::move(news));
    }
    void workerStarted(qint64 worker) override
    {
        PoolNews news = about(PoolNews::WorkerStarted, nullptr, 0);
        news.worker = worker;
        add(std::move(news));
    }
    void workerEnded(qint64 worker, AioProcess::ExitReason reason, bool isExpected) override
    {
        PoolNews news = about(PoolNews::WorkerEnded, nullptr, 0);
        news.worker = worker;
        news.value = int(reason);
        news.isExpected = isExpected;
        add(std::move(news));
    }
    void changed() override {}
    void broken(const AioError &) override {}       // what is pending fails with that
    void ended() override {}

private:
    static PoolNews about(PoolNews::Kind kind, const PoolJobPtr &job, quint32 first)
    {
        PoolNews news;
        news.kind = kind;
        news.job = job;
        news.first = first;
        return news;
    }
    void add(PoolNews &&news)
    {
        const std::lock_guard lock(m_mutex);
        m_news.push_back(std::move(news));
        if (m_here && !std::exchange(m_isTold, true))
            QMetaObject::invokeMethod(m_here.get(), m_told, Qt::QueuedConnection);
    }

    const std::function<void()> m_told;
    std::mutex m_mutex;
    std::unique_ptr<QObject> m_here = std::make_unique<QObject>();      // of the server's thread
    std::vector<PoolNews> m_news;
    bool m_isTold = false;
    std::unique_ptr<PoolEngine> m_engine;     // goes first
};

namespace {

PoolSettings settingsOf(const ManagedCall &call)
{
    PoolSettings settings;
    const qlonglong workers = call.argument(0, "processes").isNull() ? AioProcessing::cpuCount() : call.integer(0, "processes", 0);
    if (workers < 1 || workers > mostProcesses)
        raise("ValueError", QStringLiteral("Number of processes must be at least 1, and %1 at most").arg(mostProcesses));
    settings.workers = int(workers);
    const QVariant initializer = call.argument(1, "initializer");
    if (!initializer.isNull())
        settings.initializer = AioCall::named(initializer.toString()).withArguments(call.argument(2, "initargs").toList());
    settings.maxTasks = qMax(call.argument(3, "maxtasksperchild").toInt(), 0);
    settings.cancelGrace = std::chrono::seconds(1);
    return settings;
}

} // namespace

ManagedPool::ManagedPool(const ManagedCall &call)
    : m_settings(settingsOf(call)), m_engine(std::make_shared<ManagedPoolEngine>(m_settings, [this] { takeNews(); }))
{
}

namespace {

struct Endings
{
    std::mutex mutex;
    std::condition_variable over;
    int count = 0;
};

Endings &endings()
{
    static auto *all = new Endings;
    return *all;
}

} // namespace

void waitForManagedPools()
{
    std::unique_lock lock(endings().mutex);
    endings().over.wait(lock, [] { return endings().count == 0; });
}

// Killing workers may take a moment, which the server's thread has not.
ManagedPool::~ManagedPool()
{
    m_engine->leave();
    {
        const std::lock_guard lock(endings().mutex);
        ++endings().count;
    }
    AioContext::defaultContext()->threadPool()->start([engine = m_engine] {
        engine->end();
        const std::lock_guard lock(endings().mutex);
        --endings().count;
        endings().over.notify_all();
    });
}

const ManagedPool::Methods &ManagedPool::methods()
{
    using P = ManagedPool;
    static const Methods all{
        {QStringLiteral("#submit"), now(&P::submit)},       {QStringLiteral("#cancel"), now(&P::cancel)},
        {QStringLiteral("#news"), later(&P::news)},         {QStringLiteral("#leave"), now(&P::leave)},
        {QStringLiteral("#configure"), now(&P::configure)}, {QStringLiteral("#kill"), now(&P::kill)},
        {QStringLiteral("apply"), later(&P::apply)},        {QStringLiteral("map"), later(&P::map)},
        {QStringLiteral("starmap"), later(&P::starmap)},    {QStringLiteral("close"), now(&P::nothing)},
        {QStringLiteral("terminate"), now(&P::nothing)},    {QStringLiteral("join"), now(&P::nothing)},
    };
    return all;
}

QString ManagedPool::describe() const
{
    const PoolCounts counts = m_engine->engine().counts();
    return QStringLiteral("<Pool processes=%1 running=%2 pending=%3>").arg(m_settings.workers).arg(counts.running).arg(counts.pending);
}

// -- faces

ManagedPool::FaceKey ManagedPool::keyOf(const ManagedCall &call)
{
    return {call.caller->number, call.required(0, "face").toULongLong()};
}

QVariant ManagedPool::submit(const ManagedCall &call)
{
    const FaceKey key = keyOf(call);
    const quint64 number = call.required(1, "number").toULongLong();
    const std::shared_ptr<PoolJob> job = jobFromParts(call.arguments.mid(2));
    Face &face = m_faces[key];
    if (!face.jobs.emplace(number, job).second)
        raise("ValueError", QStringLiteral("there is a task with this number already"));
    m_origins.emplace(job.get(), Origin{key, number, job->count});
    m_engine->engine().submit(job);
    return {};
}

QVariant ManagedPool::cancel(const ManagedCall &call)
{
    const auto face = m_faces.find(keyOf(call));
    if (face == m_faces.end())
        return {};
    const auto job = face->second.jobs.find(call.required(1, "number").toULongLong());
    if (job != face->second.jobs.end())
        m_engine->engine().cancel(job->second, cancelledCall(QStringLiteral("AioPool")));
    return {};
}

QVariant ManagedPool::leave(const ManagedCall &call)
{
    const auto face = m_faces.find(keyOf(call));
    if (face != m_faces.end())
        drop(face);
    return {};
}

void ManagedPool::forget(const ManagerCaller &caller)
{
    for (auto face = m_faces.lower_bound({caller.number, 0}); face != m_faces.end() && face->first.first == caller.number;)
        drop(face++);
}

void ManagedPool::drop(Faces::iterator face)
{
    for (const auto &[number, job] : face->second.jobs) {
        m_origins.erase(job.get());
        m_engine->engine().cancel(job, cancelledCall(QStringLiteral("AioPool")));
    }
    const std::shared_ptr<LocalWaits> waits = face->second.waits;
    m_faces.erase(face);
    waits->completeAllNow();        // a call that went on later would keep the pool until the end of the thread
}

QVariant ManagedPool::configure(const ManagedCall &call)
{
    m_settings = settingsFromParts(call.arguments.mid(1));
    m_settings.workers = qMin(m_settings.workers, mostProcesses);
    m_engine->engine().configure(m_settings);
    return {};
}

QVariant ManagedPool::kill(const ManagedCall &call)
{
    return m_engine->engine().killWorker(call.required(1, "worker").toLongLong());
}

QCoro::Task<QVariant> ManagedPool::news(std::shared_ptr<const ManagedCall> call)
{
    const FaceKey key = keyOf(*call);
    const std::shared_ptr<LocalWaits> waits = m_faces[key].waits;
    for (;;) {
        const auto face = m_faces.find(key);
        if (face == m_faces.end() || face->second.waits != waits)
            throw AioException(cancelledCall(call->method));
        if (!face->second.news.isEmpty()) {
            const PoolCounts counts = m_engine->engine().counts();
            QVariantList pids;
            const QList<AioWorkerStats> workers = m_engine->engine().workers();
            for (const AioWorkerStats &worker : workers)
                pids.append(worker.pid);
            const QVariantList numbers{counts.workers, counts.busy};
            co_return QVariantList{QVariant(numbers), QVariant(pids), QVariant(std::exchange(face->second.news, {}))};
        }
        LocalWait wait(waits, QDeadlineTimer(QDeadlineTimer::Forever), call->stop, "AioPool::listen");
        co_await wait.done();
        call->requireWanted();
    }
}

// -- what the engine says

void ManagedPool::takeNews()
{
    const std::vector<PoolNews> all = m_engine->take();
    for (const PoolNews &news : all)
        tell(news);
    for (auto &[key, face] : m_faces) {
        if (!face.news.isEmpty())
            face.waits->completeAll();
    }
}

void ManagedPool::tell(const PoolNews &news)
{
    if (!news.job) {
        for (auto &[key, face] : m_faces)
            face.news.append(QVariant(toParts(news, 0)));
        return;
    }
    if (const std::shared_ptr<PoolReply> reply = news.job->reply) {
        tellReply(news, *reply);
        return;
    }
    const auto origin = m_origins.find(news.job.get());
    const auto face = origin == m_origins.end() ? m_faces.end() : m_faces.find(origin->second.face);
    if (face == m_faces.end())
        return;         // it has gone
    const quint64 number = origin->second.number;
    if (news.kind == PoolNews::Logged && face->second.news.size() >= mostNews) {
        face->second.lostLines[{number, news.first}] += news.lost + (news.text.isNull() ? 0 : 1);
        return;         // the face's process does not ask
    }
    tellLostLines(news, number, face->second);
    if (news.results.bytes.size() > mostResultBytes)
        tellTooLarge(news, number, face->second);
    else
        face->second.news.append(QVariant(toParts(news, number)));
    if (news.kind != PoolNews::Finished && news.kind != PoolNews::Failed)
        return;
    origin->second.left -= news.kind == PoolNews::Finished ? news.count : 1;
    if (origin->second.left > 0)
        return;
    m_origins.erase(origin);
    face->second.jobs.erase(number);
}

void ManagedPool::tellLostLines(const PoolNews &news, quint64 number, Face &face)
{
    const quint32 items = news.kind == PoolNews::Finished ? news.count : 1;
    auto lost = face.lostLines.lower_bound({number, news.first});
    while (lost != face.lostLines.end() && lost->first.first == number && lost->first.second - news.first < items) {
        PoolNews notice;
        notice.kind = PoolNews::Logged;
        notice.first = lost->first.second;
        notice.lost = lost->second;
        face.news.append(QVariant(toParts(notice, number)));
        lost = face.lostLines.erase(lost);
    }
}

void ManagedPool::tellTooLarge(const PoolNews &news, quint64 number, Face &face)
{
    PoolNews failure;
    failure.kind = PoolNews::Failed;
    const auto text = QStringLiteral("results of %1 bytes are more than a manager sends at once: use smaller chunks, or a queue");
    failure.error = AioError(AioError::TooLarge, text.arg(news.results.bytes.size()));
    for (quint32 i = 0; i < news.count; ++i) {
        failure.first = news.first + i;
        face.news.append(QVariant(toParts(failure, number)));
    }
}

void ManagedPool::tellReply(const PoolNews &news, PoolReply &reply)
{
    if (news.kind == PoolNews::Finished) {
        reply.accept(news.first, news.count, news.results);
        reply.count(news.count);
    } else if (news.kind == PoolNews::Failed) {
        reply.fail(news.first, news.error);
        reply.count(1);
    }
}

// -- Python, whose functions are the names of registered ones

namespace {

std::shared_ptr<PoolJob> jobFor(const QVariant &function)
{
    if (function.typeId() != QMetaType::QString) {
        const auto text = QStringLiteral("a pool of this manager runs functions that its program has registered: give the name of one");
        raise("TypeError", text);
    }
    auto job = std::make_shared<PoolJob>();
    job->function = function.toString().toUtf8();
    job->isContextual = isContextual(function.toString());
    return job;
}

} // namespace

QCoro::Task<QVariantList> ManagedPool::run(std::shared_ptr<const ManagedCall> call, std::shared_ptr<PoolJob> job)
{
    if (const AioError error = job->arguments.error())
        throw AioException(error);
    job->count = quint32(job->arguments.count());
    const auto reply = std::make_shared<ResultsReply<QVariant>>(qsizetype(job->count), false);
    if (job->count == 0)
        co_return reply->takeAll();
    job->reply = reply;
    reply->begin({}, job);
    m_engine->engine().submit(job);
    Wakeup wakeup("AioPool::apply");
    const PoolWait wait(reply, wakeup.trigger(), call->stop);
    co_await wakeup.done();
    if (call->stop.stop_requested())
        m_engine->engine().cancel(job, cancelledCall(call->method));
    co_return reply->takeAll();
}

QCoro::Task<QVariant> ManagedPool::apply(std::shared_ptr<const ManagedCall> call)
{
    const auto job = jobFor(call->required(0, "func"));
    if (!call->argument(2, "kwds").toMap().isEmpty())
        raise("TypeError", QStringLiteral("a C++ function takes no keyword arguments"));
    job->arguments.append(call->argument(1, "args").toList());
    const QVariantList results = co_await run(call, job);
    co_return results.constFirst();
}

QCoro::Task<QVariant> ManagedPool::map(std::shared_ptr<const ManagedCall> call)
{
    const auto job = jobFor(call->required(0, "func"));
    const QVariantList items = call->required(1, "iterable").toList();
    for (const QVariant &item : items)
        job->arguments.append({item});
    const QVariantList results = co_await run(call, job);
    co_return results;
}

QCoro::Task<QVariant> ManagedPool::starmap(std::shared_ptr<const ManagedCall> call)
{
    const auto job = jobFor(call->required(0, "func"));
    const QVariantList items = call->required(1, "iterable").toList();
    for (const QVariant &item : items)
        job->arguments.append(item.toList());
    const QVariantList results = co_await run(call, job);
    co_return results;
}

} // namespace aio_detail

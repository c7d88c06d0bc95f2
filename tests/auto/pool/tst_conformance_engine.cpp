// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What every engine of a pool must do (src/pool/aiopoolengine_p.h), over all of them.

#include "pooltest.h"

#include "codec/rawbytes.h"
#include "pool/aiopoolengine_p.h"

#include <QThread>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>

using namespace aio_detail;
using namespace std::chrono_literals;

namespace {

QString text(const QString &value) { return value + value; }
int failing(int) { throw std::runtime_error("bad luck"); }
int sayAndWait(AioQueue &said, AioEvent &leave, int value)
{
    said.put(value);
    leave.wait();
    return value;
}
int untilStopped(AioTaskContext &task, AioQueue &said, AioEvent &leave)
{
    task.setProgress(1, 2, QStringLiteral("one"));
    said.put(1);
    try {
        leave.wait(task.stopToken());
    } catch (const AioException &) {
        said.put(2);
    }
    return task.attempt();
}

QString joined(const QString &left, const QString &right) { return left + right; }
int sum(int left, int right) { return left + right; }
AioBuffer filled(int size)
{
    AioBuffer buffer(size);
    std::memset(buffer.data(), 'b', std::size_t(size));
    return buffer;
}
int logging(AioTaskContext &task, int lines, int length)
{
    for (int i = 0; i < lines; ++i)
        task.log(QString::number(i).leftJustified(length));
    return lines;
}

/* Writes down what an engine says, and checks that it says it properly. */
class Recorder : public PoolEvents
{
public:
    struct Outcome
    {
        int count = 0;
        AioError error;
        QByteArray result;
        AioBuffer buffer;
    };

    void started(const PoolJobPtr &job, quint32 index, int attempt, qint64) override
    {
        const Call call(*this);
        QCOMPARE(attempt, 1);
        m_starts.push_back(job->firstId + index);
        m_condition.notify_all();
    }
    void progressed(const PoolJobPtr &, quint32, int, int, const QString &what) override
    {
        const Call call(*this);
        m_progress.append(what);
        m_condition.notify_all();
    }
    void logged(const PoolJobPtr &job, quint32 index, const QString &line, qint64 lost) override
    {
        const Call call(*this);
        QCOMPARE(m_outcomes.count(job->firstId + index), std::size_t(0));    // before the outcome
        if (!line.isNull())
            m_lines.append(line);
        m_lostLines += lost;
        m_condition.notify_all();
    }
    void finished(const PoolJobPtr &job, quint32 first, quint32 count, const PoolResults &all, const PoolTimes &, qint64) override
    {
        const Call call(*this);
        const QByteArrayView results = all.bytes;
        QList<AioBuffer> buffers = all.buffers;
        const qsizetype whole = results.size();
        qsizetype at = 0;
        for (quint32 i = 0; i < count; ++i) {
            Outcome &outcome = m_outcomes[job->firstId + first + i];
            ++outcome.count;
            if (job->arguments.isPacked()) {
                outcome.result = results.sliced(at, whole / count).toByteArray();
                at += whole / count;
            } else {
                quint32 size = aio_raw::loadLittle<quint32>(results.data() + at);
                if (size == PoolResults::IsBuffer) {
                    outcome.buffer = buffers.takeFirst();
                    size = 0;
                }
                outcome.result = results.sliced(at + 4, size).toByteArray();
                at += 4 + size;
            }
        }
        QCOMPARE(at, whole);
        m_condition.notify_all();
    }
    void failed(const PoolJobPtr &job, quint32 index, const AioError &error) override
    {
        const Call call(*this);
        Outcome &outcome = m_outcomes[job->firstId + index];
        ++outcome.count;
        outcome.error = error;
        m_condition.notify_all();
    }
    void workerStarted(qint64) override { const Call call(*this); }
    void workerEnded(qint64, AioProcess::ExitReason, bool) override { const Call call(*this); }
    void changed() override { const Call call(*this); }
    void broken(const AioError &) override { const Call call(*this); }
    void ended() override
    {
        const Call call(*this);
        ++m_ends;
        m_condition.notify_all();
    }

    /* Waits for the outcomes of all items of \a job. */
    void waitFor(const PoolJobPtr &job)
    {
        std::unique_lock lock(m_mutex);
        quint32 there = 0;
        m_condition.wait(lock, [&] {
            while (there < job->count && m_outcomes.contains(job->firstId + there))
                ++there;
            return there == job->count;
        });
    }
    void waitForEnd()
    {
        std::unique_lock lock(m_mutex);
        m_condition.wait(lock, [&] { return m_ends > 0; });
    }
    void waitForProgress()
    {
        std::unique_lock lock(m_mutex);
        m_condition.wait(lock, [&] { return !m_progress.isEmpty(); });
    }
    std::map<quint64, Outcome> outcomes() const
    {
        const std::lock_guard lock(m_mutex);
        return m_outcomes;
    }
    Outcome outcome(const PoolJobPtr &job, quint32 index = 0) const
    {
        const std::lock_guard lock(m_mutex);
        return m_outcomes.at(job->firstId + index);
    }
    std::vector<quint64> starts() const
    {
        const std::lock_guard lock(m_mutex);
        return m_starts;
    }
    std::pair<QStringList, qint64> lines() const
    {
        const std::lock_guard lock(m_mutex);
        return {m_lines, m_lostLines};
    }
    int ends() const
    {
        const std::lock_guard lock(m_mutex);
        return m_ends;
    }

private:
    /* One call at a time, and always on the same thread. */
    struct Call
    {
        explicit Call(Recorder &r) : recorder(r), lock(r.m_mutex)
        {
            QVERIFY(!recorder.m_isCalled.exchange(true));
            if (!recorder.m_thread)
                recorder.m_thread = QThread::currentThread();
            QCOMPARE(QThread::currentThread(), recorder.m_thread);
            QCOMPARE(recorder.m_ends, 0);    // nothing comes after the end
        }
        ~Call() { recorder.m_isCalled = false; }
        Recorder &recorder;
        std::lock_guard<std::mutex> lock;
    };

    mutable std::mutex m_mutex;
    std::condition_variable m_condition;
    std::atomic<bool> m_isCalled = false;
    QThread *m_thread = nullptr;
    std::map<quint64, Outcome> m_outcomes;
    std::vector<quint64> m_starts;
    QStringList m_progress;
    QStringList m_lines;
    qint64 m_lostLines = 0;
    int m_ends = 0;
};

quint64 s_nextId = 1;

template<auto F, class... A>
std::shared_ptr<PoolJob> jobOf(A &&...args)
{
    auto job = std::make_shared<PoolJob>();
    job->arguments = argumentsFor<F>();
    appendItem<F>(job->arguments, std::forward<A>(args)...);
    job->count = 1;
    job->function = Registered<F>::key();
    job->isContextual = Given<typename FunctionOf<F>::Parameters>::takesContext;
    job->firstId = s_nextId++;
    return job;
}

template<auto F, class Range>
std::shared_ptr<PoolJob> mapOf(const Range &range, quint32 chunk)
{
    auto job = std::make_shared<PoolJob>();
    job->arguments = itemsOf<F>(range);
    job->count = quint32(job->arguments.count());
    job->chunk = chunk;
    job->function = Registered<F>::key();
    job->firstId = s_nextId;
    s_nextId += job->count;
    return job;
}

PoolSettings withWorkers(int workers)
{
    PoolSettings settings;
    settings.workers = workers;
    settings.cancelGrace = std::chrono::minutes(1);
    return settings;
}

AioError cancelled()
{
    return AioError(AioError::Cancelled, QStringLiteral("enough"));
}

} // namespace

class TestEngines : public QObject
{
    Q_OBJECT

    using Maker = std::unique_ptr<PoolEngine> (*)(const PoolSettings &, PoolEvents &);
    Maker maker() const
    {
        QFETCH_GLOBAL(bool, isLocal);
        return isLocal ? &makeLocalEngine : &makeInProcessEngine;
    }

private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<bool>("isLocal");
        QTest::newRow("local") << true;
        QTest::newRow("in process") << false;
    }

    void eachItemEndsOnce()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(3), recorder);
        QList<int> items(2000);
        std::iota(items.begin(), items.end(), 0);
        QStringList texts;
        for (int i = 0; i < 300; ++i)
            texts.append(QString::number(i));
        for (const quint32 chunk : {1u, 7u, 500u}) {
            const auto packed = mapOf<&twice>(items, chunk);
            const auto variants = mapOf<&text>(texts, chunk);
            engine->submit(packed);
            engine->submit(variants);
            recorder.waitFor(packed);
            recorder.waitFor(variants);
            for (quint32 i = 0; i < packed->count; ++i) {
                const Recorder::Outcome outcome = recorder.outcome(packed, i);
                QCOMPARE(outcome.count, 1);
                int value = 0;
                QCOMPARE(outcome.result.size(), qsizetype(sizeof value));
                std::memcpy(&value, outcome.result.constData(), sizeof value);
                QCOMPARE(value, 2 * int(i));
                if (i % 100 != 0)
                    ++i;    // a look at some is enough
            }
            for (quint32 i = 0; i < variants->count; i += 17)
                QCOMPARE(recorder.outcome(variants, i).count, 1);
        }
        const PoolCounts counts = engine->counts();
        QCOMPARE(counts.pending, 0);
        QCOMPARE(counts.running, 0);
        QVERIFY(counts.workers >= 1 && counts.workers <= 3);
        QCOMPARE(engine->workers().size(), counts.workers);
    }

    void errorsArrive()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(1), recorder);
        const auto bad = jobOf<&failing>(1);
        auto unknown = std::make_shared<PoolJob>();
        unknown->arguments.append(QVariantList());
        unknown->count = 1;
        unknown->function = "nobody";
        unknown->firstId = s_nextId++;
        const auto good = jobOf<&twice>(1);
        engine->submit(bad);
        engine->submit(unknown);
        engine->submit(good);
        recorder.waitFor(good);
        recorder.waitFor(unknown);
        QCOMPARE(recorder.outcome(bad).error.code, AioError::RemoteError);
        QCOMPARE(recorder.outcome(bad).error.message, QStringLiteral("bad luck"));
        QCOMPARE(recorder.outcome(unknown).error.code, AioError::NotFound);
        QCOMPARE(recorder.outcome(good).error.code, AioError::NoError);
    }

    void priorityThenOrder()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(1), recorder);
        AioQueue said;
        AioEvent leave;
        AioEvent open;
        open.set();
        const auto first = jobOf<&sayAndWait>(said, leave, 0);
        engine->submit(first);
        said.get();
        std::shared_ptr<PoolJob> last;
        for (const auto &[value, priority] : {std::pair(1, 0), {2, 0}, {3, -1}, {4, 5}, {5, 0}, {6, 5}}) {
            last = jobOf<&sayAndWait>(said, open, value);
            last->priority = priority;
            engine->submit(last);
        }
        leave.set();
        QList<int> order;
        for (int i = 0; i < 6; ++i)
            order.append(said.get<int>());
        QCOMPARE(order, (QList<int>{4, 6, 1, 2, 5, 3}));
        recorder.waitFor(last);
    }

    void cancelledItemsThatWaitNeverBegin()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(1), recorder);
        AioQueue said;
        AioEvent leave;
        const auto first = jobOf<&sayAndWait>(said, leave, 0);
        engine->submit(first);
        said.get();
        const auto second = jobOf<&sayAndWait>(said, leave, 1);
        const auto third = jobOf<&sayAndWait>(said, leave, 2);
        engine->submit(second);
        engine->submit(third);
        engine->cancel(second, cancelled());
        recorder.waitFor(second);
        QCOMPARE(recorder.outcome(second).error, cancelled());
        leave.set();
        QCOMPARE(said.get<int>(), 2);
        recorder.waitFor(third);
        recorder.waitFor(first);
        QCOMPARE(recorder.outcome(first).error.code, AioError::NoError);
        engine->cancel(first, cancelled());    // too late
        QCOMPARE(recorder.outcome(second).count, 1);
    }

    void cancelledItemsThatRunAreAskedOrEnded()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(1), recorder);
        AioQueue said;
        AioEvent leave;
        const auto asked = jobOf<&untilStopped>(said, leave);
        engine->submit(asked);
        QCOMPARE(said.get<int>(), 1);
        recorder.waitForProgress();
        engine->cancel(asked, cancelled());
        QCOMPARE(said.get<int>(), 2);
        recorder.waitFor(asked);
        const auto ended = jobOf<&sayAndWait>(said, leave, 7);
        engine->submit(ended);
        QCOMPARE(said.get<int>(), 7);
        engine->cancel(ended, cancelled());
        recorder.waitFor(ended);
        QCOMPARE(recorder.outcome(ended).error, cancelled());
        const auto after = jobOf<&twice>(4);
        engine->submit(after);
        recorder.waitFor(after);
        QCOMPARE(recorder.outcome(after).error.code, AioError::NoError);
        leave.set();
        QCOMPARE(recorder.outcome(ended).count, 1);
    }

    void limitsOfTime()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(2), recorder);
        AioQueue said;
        AioEvent leave;
        auto soft = jobOf<&untilStopped>(said, leave);
        soft->softTimeout = 10ms;
        auto hard = jobOf<&sayAndWait>(said, leave, 1);
        hard->timeout = 10ms;
        engine->submit(soft);
        engine->submit(hard);
        recorder.waitFor(soft);
        recorder.waitFor(hard);
        QCOMPARE(recorder.outcome(soft).error.code, AioError::NoError);
        QCOMPARE(recorder.outcome(hard).error.code, AioError::TimedOut);
        leave.set();
    }

    void startsAreToldWhereWanted()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(1), recorder);
        auto told = mapOf<&twice>(QList<int>{1, 2, 3}, 3);
        told->tellsStart = true;
        const auto silent = jobOf<&twice>(1);
        engine->submit(told);
        engine->submit(silent);
        recorder.waitFor(told);
        recorder.waitFor(silent);
        QCOMPARE(recorder.starts(), (std::vector<quint64>{told->firstId, told->firstId + 1, told->firstId + 2}));
    }

    void boundArgumentsAreThoseOfEachItem()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(2), recorder);
        QList<int> items(200);
        std::iota(items.begin(), items.end(), 0);
        const QString left(100'000, QLatin1Char('l'));
        const auto packed = mapOf<&sum>(AioBound(1000).each(items), 3);
        const auto variants = mapOf<&joined>(AioBound(left).each(QStringList(50, QStringLiteral("r"))), 1);
        engine->submit(packed);
        engine->submit(variants);
        recorder.waitFor(packed);
        recorder.waitFor(variants);
        for (quint32 i = 0; i < packed->count; ++i) {
            const Recorder::Outcome outcome = recorder.outcome(packed, i);
            int value = 0;
            QCOMPARE(outcome.result.size(), qsizetype(sizeof value));
            std::memcpy(&value, outcome.result.constData(), sizeof value);
            QCOMPARE(value, 1000 + int(i));
        }
        for (quint32 i = 0; i < variants->count; ++i) {
            const Recorder::Outcome outcome = recorder.outcome(variants, i);
            QCOMPARE(outcome.error.code, AioError::NoError);
            QVERIFY(outcome.result.size() > 2 * left.size());
        }
    }

    void buffersAreHandedOver()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(2), recorder);
        const auto job = mapOf<&filled>(QList<int>(100, 1000), 10);
        const auto empty = jobOf<&filled>(0);
        engine->submit(job);
        engine->submit(empty);
        recorder.waitFor(job);
        recorder.waitFor(empty);
        for (quint32 i = 0; i < job->count; ++i) {
            const Recorder::Outcome outcome = recorder.outcome(job, i);
            QVERIFY(outcome.result.isEmpty());
            QCOMPARE(outcome.buffer.view(), QByteArrayView(QByteArray(1000, 'b')));
        }
        QCOMPARE(recorder.outcome(empty).error.code, AioError::NoError);
    }

    void linesComeInOrderOrAreCounted()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(1), recorder);
        const auto few = jobOf<&logging>(20, 10);
        engine->submit(few);
        recorder.waitFor(few);
        QCOMPARE(recorder.lines().first.size(), 20);
        QCOMPARE(recorder.lines().first.last(), QStringLiteral("19        "));
        QCOMPARE(recorder.lines().second, 0);
        const auto many = jobOf<&logging>(1000, 5000);
        engine->submit(many);
        recorder.waitFor(many);
        const auto [lines, lost] = recorder.lines();
        QVERIFY(lost > 0);
        QCOMPARE(lines.size() + lost, 1020);
        QCOMPARE(lines.last().size(), 4096);
        int last = -1;
        for (qsizetype i = 20; i < lines.size(); ++i) {
            const int number = lines[i].trimmed().toInt();
            QVERIFY(number > last);
            last = number;
        }
    }

    void closeDoesWhatIsThere()
    {
        Recorder recorder;
        const auto engine = maker()(withWorkers(2), recorder);
        const auto job = mapOf<&twice>(QList<int>(100, 1), 1);
        engine->submit(job);
        engine->close();
        const auto late = jobOf<&twice>(1);
        engine->submit(late);
        recorder.waitForEnd();
        QCOMPARE(recorder.outcome(job, 99).error.code, AioError::NoError);
        QCOMPARE(recorder.outcome(late).error.code, AioError::Closed);
        QCOMPARE(recorder.ends(), 1);
        QCOMPARE(engine->counts().workers, 0);
    }

    void terminateEndsEverything()
    {
        AioQueue said;
        AioEvent leave;
        Recorder recorder;
        const auto engine = maker()(withWorkers(1), recorder);
        const auto running = jobOf<&sayAndWait>(said, leave, 1);
        const auto waiting = mapOf<&twice>(QList<int>(100, 1), 1);
        engine->submit(running);
        engine->submit(waiting);
        said.get();
        engine->terminate(cancelled());
        recorder.waitForEnd();
        for (const auto &[id, outcome] : recorder.outcomes()) {
            QCOMPARE(outcome.count, 1);
            QCOMPARE(outcome.error, cancelled());
        }
        QCOMPARE(recorder.outcomes().size(), std::size_t(101));
        leave.set();
    }

    void destroyingEndsEverything()
    {
        AioQueue said;
        AioEvent leave;
        Recorder recorder;
        {
            const auto engine = maker()(withWorkers(1), recorder);
            engine->submit(jobOf<&sayAndWait>(said, leave, 1));
            engine->submit(jobOf<&twice>(1));
            said.get();
            leave.set();
        }
        QCOMPARE(recorder.ends(), 1);
        QCOMPARE(recorder.outcomes().size(), std::size_t(2));
    }

    void anEngineThatDidNothingEnds()
    {
        Recorder recorder;
        {
            const auto engine = maker()(withWorkers(1), recorder);
            engine->close();
            recorder.waitForEnd();
        }
        Recorder other;
        maker()(withWorkers(1), other);
        QCOMPARE(other.ends(), 1);
    }
};

AIO_TEST_MAIN(TestEngines)
#include "tst_conformance_engine.moc"

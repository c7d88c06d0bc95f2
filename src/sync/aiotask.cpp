// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiotask.h>

#include "base/aiologging_p.h"
#include "sync/aioresumer_p.h"

#include <aioprocessing/aiocontext.h>

#include <QAbstractEventDispatcher>
#include <QDebug>
#include <QEventLoop>
#include <QObject>
#include <QRunnable>
#include <QThreadPool>

#include <cstdlib>
#include <cxxabi.h>
#include <mutex>
#include <unordered_map>

namespace aio_detail {

// -- Wakeup

Wakeup::Wakeup(const char *operation)
    : m_resumption(std::make_shared<Resumption>(Resumer::inboxOfThread(operation))), m_operation(operation)
{
}

Wakeup::~Wakeup()
{
    m_resumption->withdraw();
}

void Wakeup::Trigger::operator()() const noexcept
{
    m_resumption->complete();
}

bool Wakeup::isOver() const
{
    return m_resumption->isOver();
}

void Wakeup::suspend(std::coroutine_handle<> coroutine)
{
    m_resumption->suspend(coroutine);
}

void Wakeup::throwIfCancelled() const
{
    if (m_resumption->outcome() == Resumption::Cancelled) {
        throwError(AioError::Cancelled,
                   QStringLiteral("%1 was cancelled: the thread or the application has ended").arg(QLatin1StringView(m_operation)),
                   QLatin1StringView(m_operation));
    }
}

// -- spawn

namespace {

constexpr char SpawnOperation[] = "AioProcessing::spawn";

QString nameOfCurrentException()
{
    const std::type_info *type = abi::__cxa_current_exception_type();
    if (!type)
        return QStringLiteral("foreign exception");
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
    return QString::fromUtf8(status == 0 ? name.get() : type->name());
}

AioError errorOfCurrentException()
{
    try {
        throw;
    } catch (const AioException &e) {
        return e.error();
    } catch (const std::exception &e) {
        return AioError(AioError::UnknownError, QStringLiteral("%1: %2").arg(nameOfCurrentException(), QString::fromLocal8Bit(e.what())));
    } catch (...) {
        return AioError(AioError::UnknownError, nameOfCurrentException());
    }
}

} // namespace

AioError reportSpawned() noexcept
{
    AioError error = errorOfCurrentException();
    if (error.operation.isEmpty())
        error.operation = QLatin1StringView(SpawnOperation);
    if (error.code == AioError::Cancelled)
        qCDebug(lcAioSync).noquote() << "a spawned task was cancelled:" << error;
    else
        qCWarning(lcAioSync).noquote() << "a spawned task ended with an exception:" << error;
    return error;
}

void callErrorHandler(const std::function<void(const AioError &)> &onError, const AioError &error) noexcept
{
    if (!onError)
        return;
    try {
        onError(error);
    } catch (...) {
        qCWarning(lcAioSync).noquote() << "the error handler of a spawned task threw an exception:" << errorOfCurrentException();
    }
}

// -- waitBlocking

struct LocalLoop::State
{
    std::mutex mutex;
    QEventLoop *loop = nullptr;
    bool isFinished = false;
};

LocalLoop::LocalLoop() : m_state(std::make_shared<State>()) {}

LocalLoop::~LocalLoop() = default;

std::function<void()> LocalLoop::finisher() const
{
    return [state = m_state] {
        const std::lock_guard lock(state->mutex);
        state->isFinished = true;
        if (state->loop)    // queued: a quit() before exec() would be lost
            QMetaObject::invokeMethod(state->loop, &QEventLoop::quit, Qt::QueuedConnection);
    };
}

void LocalLoop::exec()
{
    const auto operation = QStringLiteral("AioProcessing::waitBlocking");
    if (!QAbstractEventDispatcher::instance()) {
        throwError(AioError::UsageError,
                   QStringLiteral("%1: the task is not done, and this thread has no event loop in which it could go on").arg(operation),
                   operation);
    }
    QEventLoop loop;
    {
        const std::lock_guard lock(m_state->mutex);
        if (m_state->isFinished)
            return;
        m_state->loop = &loop;
    }
    loop.exec();
    const std::lock_guard lock(m_state->mutex);
    m_state->loop = nullptr;
    if (!m_state->isFinished)
        throwError(AioError::Cancelled, QStringLiteral("%1: the event loop was told to quit").arg(operation), operation);
}

// -- guarded

void throwContextGone()
{
    throwError(AioError::Cancelled, QStringLiteral("the context object was destroyed"), QStringLiteral("AioProcessing::guarded"));
}

// -- run

namespace {

class PoolRunnable final : public QRunnable
{
public:
    PoolRunnable(std::shared_ptr<Job> job, Wakeup::Trigger done) : m_job(std::move(job)), m_done(std::move(done)) {}
    // The pool destroys it after run(), or without when it is cleared. The waiting coroutine lets go of the job last.
    ~PoolRunnable() override
    {
        m_job.reset();
        m_done();
    }
    void run() override { m_job->run(); }

private:
    std::shared_ptr<Job> m_job;
    const Wakeup::Trigger m_done;
};

} // namespace

Job::~Job() = default;

void Job::run() noexcept
{
    m_ran = true;
    try {
        call();
    } catch (...) {
        m_exception = std::current_exception();
    }
}

void Job::requireResult() const
{
    if (m_exception)
        std::rethrow_exception(m_exception);
    if (!m_ran) {
        throwError(AioError::Cancelled, QStringLiteral("the thread pool was cleared before the function ran"),
                   QStringLiteral("AioProcessing::run"));
    }
}

void startInPool(std::shared_ptr<Job> job, Wakeup::Trigger done, QThreadPool *pool)
{
    (pool ? pool : AioContext::defaultContext()->threadPool())->start(new PoolRunnable(std::move(job), std::move(done)));
}

} // namespace aio_detail

// -- stopTokenFor

namespace {

// One stop source for each object that was asked for.
class StopSources
{
public:
    static StopSources &instance()
    {
        static auto *sources = new StopSources;     // never destroyed: objects may die at the very end
        return *sources;
    }

    std::stop_token tokenFor(QObject *context)
    {
        const std::lock_guard lock(m_mutex);
        const auto [entry, isNew] = m_sources.try_emplace(context);
        if (isNew)
            QObject::connect(context, &QObject::destroyed, [this, context] { stop(context); });
        return entry->second.get_token();
    }

private:
    void stop(QObject *context)
    {
        std::stop_source source(std::nostopstate);
        {
            const std::lock_guard lock(m_mutex);
            source.swap(m_sources.at(context));
            m_sources.erase(context);
        }
        source.request_stop();      // runs callbacks of others
    }

    std::mutex m_mutex;
    std::unordered_map<QObject *, std::stop_source> m_sources;
};

} // namespace

std::stop_token AioProcessing::stopTokenFor(QObject *context)
{
    if (context)
        return StopSources::instance().tokenFor(context);
    std::stop_source stopped;
    stopped.request_stop();
    return stopped.get_token();
}

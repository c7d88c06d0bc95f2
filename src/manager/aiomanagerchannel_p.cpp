// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagerchannel_p.h"

#include "manager/aiomanagererrors_p.h"
#include "process/aiocaught_p.h"

#include <QSocketNotifier>

#include <algorithm>
#include <chrono>
#include <limits>
#include <poll.h>

namespace aio_detail {

using namespace std::chrono_literals;

namespace {

constexpr auto answerTime = 30s;        // within which a server answers what waits for nothing
constexpr auto grace = 10s;             // after a deadline, within which it says so
constexpr auto idleTime = 100ms;        // without a blocking call, after which the own thread reads again

const auto operationName = QStringLiteral("AioManager::call");

constexpr qint64 never = std::numeric_limits<qint64>::max();

qint64 nowInMs()
{
    return QDeadlineTimer::current().deadline();
}

qint64 endOf(const RemoteCall &call)
{
    if (call.form == RemoteCall::Prompt)
        return nowInMs() + std::chrono::milliseconds(answerTime).count();
    return call.deadline.isForever() ? never : nowInMs() + call.deadline.remainingTime() + std::chrono::milliseconds(grace).count();
}

int timeUntil(qint64 end)
{
    return end == never ? -1 : int(std::clamp<qint64>(end - nowInMs(), 1, 24 * 3600 * 1000));
}

// What `code` returns; stream operators of the application may throw.
template<class F> AioError guarded(F code)
{
    try {
        return code();
    } catch (...) {
        return errorOfCurrentException(QStringLiteral("a stream operator"));
    }
}

// Whether it takes next to no time to encode.
bool isSmall(const RemoteCall &call)
{
    constexpr qsizetype limit = 2048;
    const auto isShort = [](const QVariant &value) {
        const int type = value.typeId();
        return type == QMetaType::QString ? value.toString().size() < limit
            : type == QMetaType::QByteArray ? value.toByteArray().size() < limit
                                            : type <= QMetaType::QChar || value.metaType() == QMetaType::fromType<AioHandle>();
    };
    return call.arguments.size() < 8 && call.keywords.isEmpty() && std::all_of(call.arguments.begin(), call.arguments.end(), isShort);
}

} // namespace

ManagerChannel::ManagerChannel(std::unique_ptr<MessageStream> stream, const QString &address, std::function<void(const AioError &)> onLost)
    : m_address(address), m_onLost(std::move(onLost)), m_stream(std::move(stream)), m_timerAt(never),
      m_readNotifier(new QSocketNotifier(m_stream->descriptor(), QSocketNotifier::Read, this)),
      m_writeNotifier(new QSocketNotifier(m_stream->descriptor(), QSocketNotifier::Write, this)), m_timer(this), m_idleTimer(this)
{
    m_stream->moveToThread(nullptr);        // it has no notifiers then
    m_writeNotifier->setEnabled(false);
    connect(m_readNotifier, &QSocketNotifier::activated, this, &ManagerChannel::onReadable);
    connect(m_writeNotifier, &QSocketNotifier::activated, this, &ManagerChannel::flush);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &ManagerChannel::expire);
    m_idleTimer.setInterval(idleTime);
    connect(&m_idleTimer, &QTimer::timeout, this, &ManagerChannel::onIdle);
}

ManagerChannel::~ManagerChannel() = default;

void ManagerChannel::post(void (ManagerChannel::*method)())
{
    QMetaObject::invokeMethod(this, method, Qt::QueuedConnection);
}

// -- calls

bool ManagerChannel::begin(const std::shared_ptr<PendingCall> &call, bool isAttended)
{
    call->number = ++m_lastNumber;
    bool isUrgent = isAttended;
    {
        const Lock lock(m_mutex);
        if (m_isLost) {
            call->number = 0;
            return false;
        }
        m_pending.emplace(call->number, Awaited{call, watch(*call), isAttended});
        m_outgoing.push_back({call, false});
        if (!isAttended && m_unattended++ == 0) {
            isUrgent = isSmall(call->call);
            if (m_reader == Nobody) {
                m_reader = OwnThread;
                post(&ManagerChannel::takeOver);
            }
        }
    }
    transmit(isUrgent, isAttended);
    return true;
}

// What is not urgent is encoded and sent by the own thread, when it has its turn, so that many go at once and event loops have little to do. Nor
// do they wait for others here.
void ManagerChannel::transmit(bool isUrgent, bool mayWait)
{
    if (isUrgent) {
        Lock stream(m_streamMutex, std::defer_lock);
        if (mayWait)
            stream.lock();
        if (mayWait || stream.try_lock()) {
            sendOutgoing();
            if (m_stream->unsent() == 0)
                return;
        }
    }
    const Lock lock(m_mutex);
    if (!std::exchange(m_isFlushPosted, true))
        post(&ManagerChannel::flush);
}

// With the stream.
void ManagerChannel::sendOutgoing()
{
    std::vector<Outgoing> all;
    {
        const Lock lock(m_mutex);
        all.swap(m_outgoing);
    }
    for (const Outgoing &outgoing : all) {
        ManagerRequest request;
        request.number = outgoing.call->number;
        request.isCancel = outgoing.isCancel;
        QByteArray message;
        const AioError error = guarded([&] { return encodeNative(outgoing.isCancel ? request : outgoing.call->request(), message); });
        if (error)
            drop(*outgoing.call, error);
        else
            m_stream->enqueue(message);
    }
    m_stream->flush();
}

void ManagerChannel::drop(PendingCall &call, const AioError &error)
{
    Lock lock(m_mutex);
    takePending(call.number);
    lock.unlock();
    call.complete(RemoteResult(error));
}

void ManagerChannel::cancel(const std::shared_ptr<PendingCall> &call)
{
    {
        const Lock lock(m_mutex);
        if (m_pending.count(call->number) == 0)
            return;
        m_outgoing.push_back({call, true});
    }
    transmit(true, false);
}

RemoteResult ManagerChannel::wait(const std::shared_ptr<PendingCall> &call)
{
    Lock lock(m_mutex);
    bool isReader = false;
    while (!call->isDone()) {
        if (isReader || m_reader == Nobody) {
            isReader = true;
            m_reader = Caller;
            ++m_reads;
            const auto self = m_pending.find(call->number);
            const bool isTimed = self != m_pending.end() && self->second.end != m_ends.end();
            const qint64 end = isTimed ? self->second.end->first : never;
            lock.unlock();
            awaitNews(end);
            lock.lock();
            continue;
        }
        m_followers.push_back(call);
        if (m_reader == OwnThread && m_unattended == 0 && !std::exchange(m_isYieldPosted, true))
            post(&ManagerChannel::yield);
        lock.unlock();
        call->waitForTurn();
        lock.lock();
        std::erase(m_followers, call);
        isReader = call->takeTurn();
    }
    if (isReader)
        passOn();
    return call->takeResult();
}

// The one who has read leaves.
void ManagerChannel::passOn()
{
    m_reader = Nobody;
    if (!m_followers.empty()) {
        m_reader = Caller;
        m_followers.front()->giveTurn();
        m_followers.pop_front();
    } else if (m_unattended > 0) {
        m_reader = OwnThread;
        post(&ManagerChannel::takeOver);
    }
}

// The one who reads; without the mutex.
void ManagerChannel::awaitNews(qint64 end)
{
    pollfd entry{};
    {
        const Lock stream(m_streamMutex);
        m_stream->prepare(entry, true);
    }
    const int ready = ::poll(&entry, 1, timeUntil(end));
    if (ready == 0)
        expire();
    else if (ready > 0)
        read();
}

void ManagerChannel::read()
{
    std::vector<QByteArray> messages;
    AioError end;
    {
        const Lock stream(m_streamMutex);
        if (m_stream->unsent() > 0)
            m_stream->flush();
        m_stream->receive();
        while (m_stream->hasMessage())
            messages.push_back(m_stream->takeMessage());
        end = m_stream->readError();
    }
    for (const QByteArray &message : messages)
        accept(message);
    if (end)
        lose(end);
}

std::shared_ptr<PendingCall> ManagerChannel::takePending(quint64 number)
{
    const auto found = m_pending.find(number);
    if (found == m_pending.end())
        return nullptr;
    auto call = std::move(found->second.call);
    if (found->second.end != m_ends.end())
        m_ends.erase(found->second.end);
    m_unattended -= found->second.isAttended ? 0 : 1;
    m_pending.erase(found);
    if (m_pending.empty() && m_isQuietWanted)
        post(&ManagerChannel::tellQuiet);
    return call;
}

void ManagerChannel::accept(const QByteArray &message)
{
    ManagerReply reply;
    const AioError error = guarded([&] { return decodeNative(message, reply); });
    Lock lock(m_mutex);
    const auto call = takePending(reply.number);
    lock.unlock();
    if (!call)
        return;
    RemoteResult result(reply.value);
    result.error = error ? error : reply.error;
    if (result.error && result.error.operation.isEmpty())
        result.error.operation = QLatin1StringView(call->call.operation);
    finish(call, result);
}

void ManagerChannel::finish(const std::shared_ptr<PendingCall> &call, const RemoteResult &result)
{
    if (const auto undoing = call->finish(result))
        begin(undoing, false);
}

void ManagerChannel::lose(const AioError &error)
{
    Lock lock(m_mutex);
    if (std::exchange(m_isLost, true))
        return;
    AioError loss = error;
    if (error.code != AioError::Cancelled) {
        const auto text = QStringLiteral("the connection to the manager is lost: %1");
        loss = makeError(AioError::PeerDied, text.arg(error.message), operationName, m_address);
    }
    const auto pending = std::exchange(m_pending, {});
    m_ends.clear();
    m_unattended = 0;
    m_outgoing.clear();
    lock.unlock();
    m_onLost(loss);
    for (const auto &[number, awaited] : pending)
        awaited.call->complete(RemoteResult(loss));
    post(&ManagerChannel::tellQuiet);
}

// -- results that are overdue

ManagerChannel::Ends::iterator ManagerChannel::watch(const PendingCall &call)
{
    const qint64 end = endOf(call.call);
    if (end == never)
        return m_ends.end();
    if (end < m_timerAt) {
        m_timerAt = end;
        post(&ManagerChannel::armTimer);
    }
    return m_ends.emplace(end, call.number);
}

// It may ring early, when what it was set for has come.
void ManagerChannel::armTimer()
{
    const Lock lock(m_mutex);
    m_timerAt = m_ends.empty() ? never : m_ends.begin()->first;
    if (m_ends.empty())
        m_timer.stop();
    else
        m_timer.start(timeUntil(m_timerAt));
}

void ManagerChannel::expire()
{
    const qint64 now = nowInMs();
    std::vector<std::shared_ptr<PendingCall>> overdue;
    {
        const Lock lock(m_mutex);
        while (!m_ends.empty() && m_ends.begin()->first <= now) {
            Awaited &awaited = m_pending.at(m_ends.begin()->second);
            m_ends.erase(m_ends.begin());
            awaited.end = m_ends.end();
            overdue.push_back(awaited.call);
        }
        m_timerAt = never;
        post(&ManagerChannel::armTimer);
    }
    for (const auto &call : overdue) {
        // its late result finds nobody, and is undone
        const auto text = QStringLiteral("%1: the manager has not answered in time; is it stopped?")
                              .arg(QLatin1StringView(call->call.operation));
        call->complete(RemoteResult(makeError(AioError::TimedOut, text, operationName, m_address)));
    }
}

// -- the own thread

void ManagerChannel::flush()
{
    {
        const Lock lock(m_mutex);
        m_isFlushPosted = false;
    }
    const Lock stream(m_streamMutex);
    sendOutgoing();
    m_writeNotifier->setEnabled(m_stream->unsent() > 0);
}

void ManagerChannel::onReadable()
{
    {
        const Lock lock(m_mutex);
        if (m_reader != OwnThread || m_isLost) {
            m_readNotifier->setEnabled(false);
            return;
        }
    }
    read();
}

void ManagerChannel::takeOver()
{
    const Lock lock(m_mutex);
    m_readNotifier->setEnabled(m_reader == OwnThread && !m_isLost);
}

// Somebody blocks, and no coroutine waits.
void ManagerChannel::yield()
{
    const Lock lock(m_mutex);
    m_isYieldPosted = false;
    if (m_reader != OwnThread || m_unattended > 0 || m_followers.empty())
        return;
    m_readNotifier->setEnabled(false);
    passOn();
    m_idleTimer.start();
}

// That the server has gone should be known also when nobody calls.
void ManagerChannel::onIdle()
{
    const Lock lock(m_mutex);
    if (m_reader == Nobody && std::exchange(m_readsSeen, m_reads) == m_reads)
        m_reader = OwnThread;
    if (m_reader != OwnThread)
        return;
    m_idleTimer.stop();
    m_readNotifier->setEnabled(!m_isLost);
}

void ManagerChannel::whenQuiet(const std::function<void()> &told)
{
    m_quietTold = told;
    {
        const Lock lock(m_mutex);
        m_isQuietWanted = true;
        if (!m_pending.empty())
            return;
    }
    tellQuiet();
}

void ManagerChannel::tellQuiet()
{
    if (const auto told = std::exchange(m_quietTold, nullptr))
        told();
}

void ManagerChannel::close(const AioError &error)
{
    lose(error);
    m_timer.stop();
    m_idleTimer.stop();
    m_readNotifier->setEnabled(false);
    m_writeNotifier->setEnabled(false);
    const Lock stream(m_streamMutex);
    m_stream->close();
}

} // namespace aio_detail

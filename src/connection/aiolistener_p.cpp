// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aiolistener_p.h"

#include "base/aioerrno_p.h"
#include "connection/aioconnection_p.h"
#include "platform/rawsocket.h"

#include <QAbstractEventDispatcher>
#include <QDataStream>
#include <QMetaMethod>
#include <QPointer>
#include <QSocketNotifier>
#include <QThread>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace aio_detail;

namespace {

constexpr int pauseTime = 100;      // ms without accepting when descriptors are out

int openReserve()
{
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

} // namespace

AioListenerPrivate::AioListenerPrivate(AioListener *listener, const AioListenerOptions &given) : q(listener), options(given)
{
    m_authentication = {options.isKeyWanted, options.authKey, options.handshake == AioConnection::Python,
                        PythonDigest(options.minimumDigest)};
}

AioListenerPrivate::~AioListenerPrivate()
{
    if (m_reserve >= 0)
        ::close(m_reserve);
}

void AioListenerPrivate::open(const AioAddress &address)
{
    m_authentication.require("AioListener::listen");
    if (options.backlog < 1 || options.maximumHalfOpen < 1) {
        throwError(AioError::UsageError, QStringLiteral("backlog and maximumHalfOpen must be at least 1"),
                   QStringLiteral("AioListener::listen"));
    }
    socket.open(address, options.backlog);
    begin();
}

void AioListenerPrivate::begin()
{
    m_reserve = openReserve();
    updateNotifier();
}

AioHandle AioListenerPrivate::giveAway()
{
    const char *operation = "AioListener::handle";
    requireOpen(operation);
    if (!m_ready.empty() || !line.isEmpty()) {
        fail(AioError::UsageError, QStringLiteral("a listener in use cannot be given to another process: accept who has come first"),
             operation);
    }
    QByteArray facts;
    QDataStream out(&facts, QIODeviceBase::WriteOnly);
    out << options.authKey << options.isKeyWanted << qint32(options.backlog) << qint32(options.handshake) << qint32(options.minimumDigest)
        << qint64(options.handshakeTimeout.count()) << qint32(options.maximumHalfOpen) << options.maximumFrame;
    const SharedSocket shared = socket.giveAway(facts);
    close(AioError::Closed);
    return shareSocket(AioHandle::Listener, shared);
}

std::shared_ptr<AioListenerPrivate> AioListenerPrivate::adopt(AioListener *listener, const AioHandle &handle)
{
    const SharedSocket shared = fetchSocket(AioHandle::Listener, handle);
    QDataStream facts(shared.facts);
    AioListenerOptions options;
    qint32 backlog = 0, handshake = 0, digest = 0, halfOpen = 0;
    qint64 timeout = 0;
    facts >> options.authKey >> options.isKeyWanted >> backlog >> handshake >> digest >> timeout >> halfOpen >> options.maximumFrame;
    options.backlog = backlog;
    options.handshake = AioConnection::Handshake(handshake);
    options.minimumDigest = AioConnection::Digest(digest);
    options.handshakeTimeout = std::chrono::milliseconds(timeout);
    options.maximumHalfOpen = halfOpen;
    auto d = std::make_shared<AioListenerPrivate>(listener, options);
    d->socket.adopt(shared, facts);
    d->begin();
    return d;
}

void AioListenerPrivate::close(AioError::Code why)
{
    if (closedWith == AioError::NoError)
        closedWith = why;
    delete std::exchange(m_notifier, nullptr);
    delete std::exchange(m_pause, nullptr);
    socket.close();
    for (const auto &peering : m_halfOpen)
        peering->disconnect();
    m_halfOpen.clear();
    m_ready.clear();
    line.callAll();
}

// -- errors

void AioListenerPrivate::report(const AioError &error)
{
    if (q)
        Q_EMIT q->errorOccurred(error);
}

void AioListenerPrivate::fail(AioError::Code code, const QString &text, const char *operation)
{
    const AioError error = makeError(code, text, QLatin1StringView(operation), socket.address().toString());
    report(error);
    throw AioException(error);
}

void AioListenerPrivate::failAsCancelled(const char *operation)
{
    fail(AioError::Cancelled, QStringLiteral("%1 was cancelled").arg(QLatin1StringView(operation)), operation);
}

void AioListenerPrivate::requireOpen(const char *operation)
{
    if (!q || closedWith == AioError::Cancelled)
        failAsCancelled(operation);
    if (QThread::currentThread() != q->thread()) {
        fail(AioError::UsageError, QStringLiteral("a listener is used on the thread that it belongs to: make it there, or move it with "
                                                  "moveToThread()"), operation);
    }
    if (closedWith != AioError::NoError)
        fail(AioError::Closed, QStringLiteral("the listener is closed"), operation);
}

// -- accepting

void AioListenerPrivate::updateNotifier()
{
    if (!m_notifier && QAbstractEventDispatcher::instance()) {
        m_notifier = new QSocketNotifier(socket.descriptor(), QSocketNotifier::Read, q);
        QObject::connect(m_notifier, &QSocketNotifier::activated, q, [this] { acceptAll(); });
    }
    if (m_notifier && m_notifier->isEnabled() != mayAccept())
        m_notifier->setEnabled(mayAccept());
}

void AioListenerPrivate::acceptAll()
{
    const auto keep = shared_from_this();
    while (closedWith == AioError::NoError && mayAccept()) {
        const int descriptor = aio_raw::acceptStream(socket.descriptor());
        if (descriptor >= 0)
            admit(descriptor);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        else if (errno != ECONNABORTED && errno != EPROTO)
            survive(errno);
    }
    if (closedWith == AioError::NoError)
        updateNotifier();
}

// Descriptors or memory are out. Who waits is let in and out again, so that he does not wait for nothing; then there is a pause.
void AioListenerPrivate::survive(int number)
{
    if (m_reserve >= 0) {
        ::close(m_reserve);
        const int descriptor = aio_raw::acceptStream(socket.descriptor());
        if (descriptor >= 0)
            ::close(descriptor);
        m_reserve = openReserve();
    }
    m_pausedUntil = QDeadlineTimer(pauseTime);
    if (QAbstractEventDispatcher::instance() && !m_pause) {
        m_pause = new QTimer(q);
        m_pause->setSingleShot(true);
        QObject::connect(m_pause, &QTimer::timeout, q, [this] { resume(); });
    }
    if (m_pause)
        m_pause->start(pauseTime);
    report(makeError(codeOfErrno(number), withErrnoText(QStringLiteral("cannot accept a connection, and tries again soon"), number),
                     QStringLiteral("AioListener::accept"), socket.address().toString(), number));
}

void AioListenerPrivate::resume()
{
    if (m_pausedUntil.hasExpired())
        acceptAll();
    else
        m_pause->start(int(m_pausedUntil.remainingTime()) + 1);
}

void AioListenerPrivate::admit(int descriptor)
{
    auto stream = std::make_unique<MessageStream>(descriptor);
    if (socket.address().isLocal() && !aio_raw::isPeerThisUser(descriptor)) {
        return report(makeError(AioError::PermissionDenied,
                                QStringLiteral("another user has tried to connect to %1").arg(socket.address().toString()),
                                QStringLiteral("AioListener::accept"), socket.address().toString()));
    }
    prepareSocket(descriptor);
    if (!m_authentication.isWanted) {
        stream->setLimit(options.maximumFrame);
        return add(std::move(stream));
    }
    if (int(m_halfOpen.size()) >= options.maximumHalfOpen) {
        report(makeError(AioError::AuthenticationFailed,
                         QStringLiteral("%1 are in their handshake, and more come: the oldest of them is dropped").arg(m_halfOpen.size()),
                         QStringLiteral("AioListener::accept"), socket.address().toString()));
        if (m_halfOpen.empty())
            return;
        drop(m_halfOpen.front().get());
    }
    m_halfOpen.push_back(std::make_unique<Peering>(std::move(stream), m_authentication.makeHandshake(aio_detail::Handshake::Listener),
                                                   QDeadlineTimer(options.handshakeTimeout), options.maximumFrame));
    Peering *peering = m_halfOpen.back().get();
    QObject::connect(peering, &Peering::finished, q, [this, peering] { onPeered(peering); });
    peering->step();
}

void AioListenerPrivate::drop(Peering *peering)
{
    const auto place = std::find_if(m_halfOpen.begin(), m_halfOpen.end(), [peering](const auto &entry) { return entry.get() == peering; });
    if (place == m_halfOpen.end())
        return;
    peering->disconnect();
    m_spent.push_back(std::move(*place));
    m_halfOpen.erase(place);
}

void AioListenerPrivate::onPeered(Peering *peering)
{
    const auto keep = shared_from_this();
    m_spent.clear();        // but this one
    drop(peering);
    if (peering->state() == Peering::Done)
        add(peering->takeStream());
    else
        report(peering->error());
}

void AioListenerPrivate::add(std::unique_ptr<MessageStream> stream)
{
    const bool isTrusted = socket.address().isLocal() || m_authentication.isWanted;
    const bool isPython = m_authentication.isWanted && m_authentication.isPython;
    const auto codec = isPython ? AioConnection::Pickle : AioConnection::DataStream;
    m_ready.push_back(AioConnectionPrivate::make(std::move(stream), isTrusted, codec));
    if (!line.isEmpty())
        line.callAll();
    else
        announceReady();
}

void AioListenerPrivate::announceReady()
{
    const auto keep = shared_from_this();
    while (q && line.isEmpty() && !m_ready.empty() && q->isSignalConnected(QMetaMethod::fromSignal(&AioListener::newConnection))) {
        AioConnection *connection = take().release();
        connection->setParent(q);
        Q_EMIT q->newConnection(connection);
    }
}

std::unique_ptr<AioConnection> AioListenerPrivate::take()
{
    std::unique_ptr<AioConnection> connection = std::move(m_ready.front());
    m_ready.pop_front();
    lastAccepted = connection->peerAddress();
    updateNotifier();
    return connection;
}

// -- waiting

bool AioListenerPrivate::proceed()
{
    const auto keep = shared_from_this();
    acceptAll();
    // a step may end others
    std::vector<QPointer<Peering>> halfOpen;
    for (const auto &peering : m_halfOpen)
        halfOpen.emplace_back(peering.get());
    for (const auto &peering : halfOpen) {
        if (peering)
            peering->step();
    }
    return !m_ready.empty();
}

QDeadlineTimer AioListenerPrivate::prepare(std::vector<pollfd> &entries) const
{
    QDeadlineTimer next = QDeadlineTimer::Forever;
    if (mayAccept())
        entries.push_back(pollfd{socket.descriptor(), POLLIN, 0});
    else
        next = m_pausedUntil;
    for (const auto &peering : m_halfOpen) {
        peering->stream()->prepare(entries.emplace_back(), true);
        next = std::min(next, peering->deadline());
    }
    return next;
}

bool AioListenerPrivate::block(const QDeadlineTimer &deadline, const std::stop_token &stop, const char *operation)
{
    const auto keep = shared_from_this();
    requireOpen(operation);
    const Turn turn(line);
    Blocking wait;
    wait.proceed = [&] {
        requireOpen(operation);
        if (!turn.hasCome()) {
            fail(AioError::UsageError, QStringLiteral("coroutines of this thread wait for connections of the same listener, and "
                                                      "cannot go on while it is blocked: await this one too"), operation);
        }
        return proceed();
    };
    wait.prepare = [this](std::vector<pollfd> &entries) { return prepare(entries); };
    const BlockResult result = blockOn(wait, deadline, stop, operation);
    if (result == BlockResult::Stopped)
        failAsCancelled(operation);
    return result == BlockResult::Done;
}

QCoro::Task<std::unique_ptr<AioConnection>> AioListenerPrivate::acceptLater(std::shared_ptr<AioListenerPrivate> d, QDeadlineTimer deadline,
                                                                            std::stop_token stop)
{
    const char *operation = "AioListener::coro_accept";
    const Turn turn(d->line);
    for (;;) {
        if (stop.stop_requested())
            d->failAsCancelled(operation);
        d->requireOpen(operation);
        if (turn.hasCome() && d->proceed())
            co_return d->take();
        if (deadline.hasExpired())
            co_return std::unique_ptr<AioConnection>();
        LocalWait wait(d->line.waits(), deadline, stop, operation);
        const LocalWait::Outcome outcome = co_await wait.done();
        if (outcome == LocalWait::Cancelled)
            d->failAsCancelled(operation);
    }
}

QCoro::Task<bool> AioListenerPrivate::pollLater(std::shared_ptr<AioListenerPrivate> d, QDeadlineTimer deadline, std::stop_token stop)
{
    const char *operation = "AioListener::coro_poll";
    const Turn turn(d->line);       // so that newConnection() does not take what was polled for
    for (;;) {
        if (stop.stop_requested())
            d->failAsCancelled(operation);
        d->requireOpen(operation);
        if (d->proceed())
            co_return true;
        if (deadline.hasExpired())
            co_return false;
        LocalWait wait(d->line.waits(), deadline, stop, operation);
        const LocalWait::Outcome outcome = co_await wait.done();
        if (outcome == LocalWait::Cancelled)
            d->failAsCancelled(operation);
    }
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aioconnector_p.h"

#include "base/aioerrno_p.h"
#include "platform/rawsocket.h"

#include <QAbstractEventDispatcher>
#include <QSocketNotifier>

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace aio_detail {

namespace {
const auto connectOperation = QStringLiteral("AioClient::connectToPeer");
} // namespace

Connector::Connector(const AioAddress &address, const Authentication &authentication, std::chrono::milliseconds handshakeTime, qint64 limit,
                     QObject *parent)
    : QObject(parent), m_address(address), m_authentication(authentication), m_handshakeTime(handshakeTime), m_limit(limit)
{
}

Connector::~Connector()
{
    dropSocket();
}

void Connector::dropSocket()
{
    delete std::exchange(m_notifier, nullptr);
    if (m_socket >= 0)
        ::close(std::exchange(m_socket, -1));
}

void Connector::start(const QList<SocketName> &names)
{
    m_names = names;
    tryNext(ENOENT);
}

void Connector::tryNext(int lastNumber)
{
    dropSocket();
    int number = lastNumber;
    while (!m_names.isEmpty()) {
        const SocketName name = m_names.takeFirst();
        m_socket = aio_raw::openStreamSocket(name.family());
        if (m_socket >= 0 && ::connect(m_socket, name.get(), name.size) == 0)
            return onConnected();
        number = errno;
        if (m_socket >= 0 && (number == EINPROGRESS || number == EINTR)) {
            if (QAbstractEventDispatcher::instance()) {
                m_notifier = new QSocketNotifier(m_socket, QSocketNotifier::Write, this);
                connect(m_notifier, &QSocketNotifier::activated, this, &Connector::step);
            }
            return;
        }
        dropSocket();
    }
    QString text = withErrnoText(QStringLiteral("cannot connect to %1").arg(m_address.toString()), number);
    if (number == ENOENT || number == ECONNREFUSED)
        text += QStringLiteral("; nobody listens there: start the listener first");
    else if (number == EAGAIN)
        text += QStringLiteral("; more wait there to be accepted than the listener's backlog allows");
    const AioError::Code code = number == ENOENT ? AioError::ConnectionRefused : codeOfErrno(number);
    fail(makeError(code, text, connectOperation, m_address.toString(), number));
}

void Connector::onConnected()
{
    delete std::exchange(m_notifier, nullptr);
    prepareSocket(m_socket);
    if (m_address.isLocal() && !aio_raw::isPeerThisUser(m_socket)) {
        dropSocket();
        return fail(makeError(AioError::PermissionDenied,
                              QStringLiteral("who listens at %1 is another user: use a place that only this user can write to")
                                  .arg(m_address.toString()),
                              connectOperation, m_address.toString()));
    }
    m_peering = new Peering(std::make_unique<MessageStream>(std::exchange(m_socket, -1)), m_authentication.makeHandshake(Handshake::Client),
                            QDeadlineTimer(m_handshakeTime), m_limit, this);
    connect(m_peering, &Peering::finished, this, &Connector::onPeered);
    if (m_peering->state() != Peering::Running)
        onPeered();
}

void Connector::onPeered()
{
    if (m_state != Running)
        return;
    if (m_peering->state() == Peering::Failed)
        return fail(m_peering->error());
    m_state = Done;
    Q_EMIT finished();
}

void Connector::fail(const AioError &error)
{
    m_error = error;
    m_state = Failed;
    Q_EMIT finished();
}

void Connector::step()
{
    if (m_state != Running)
        return;
    if (m_peering)
        return m_peering->step();
    pollfd entry{m_socket, POLLOUT, 0};
    if (::poll(&entry, 1, 0) <= 0)
        return;
    int number = 0;
    socklen_t size = sizeof number;
    if (::getsockopt(m_socket, SOL_SOCKET, SO_ERROR, &number, &size) != 0)
        number = errno;
    if (number != 0)
        tryNext(number);
    else
        onConnected();
}

QDeadlineTimer Connector::prepare(pollfd &entry) const
{
    if (!m_peering) {
        entry = pollfd{m_socket, POLLOUT, 0};
        return QDeadlineTimer::Forever;
    }
    if (m_peering->state() == Peering::Running)
        m_peering->stream()->prepare(entry, true);
    return m_peering->deadline();
}

} // namespace aio_detail

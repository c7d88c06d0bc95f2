// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioconnection.h>

#include <chrono>
#include <memory>

class AioListenerPrivate;

/*!
 * \class AioListenerOptions
 * \brief How a listener treats those who connect.
 *
 * \code
 * AioListener listener(AioAddress::tcp(QStringLiteral("127.0.0.1"), 6000), AioListenerOptions(key).withHandshake(AioConnection::Python));
 * \endcode
 */
class AIOPROCESSING_EXPORT AioListenerOptions
{
public:
    // a constructor makes it no aggregate: g++ 12 destroys an aggregate written inside a co_await expression twice
    AioListenerOptions() {}
    /*! Those who connect must know \a key; an empty one is a UsageError of the listener. */
    explicit AioListenerOptions(const QByteArray &key) : authKey(key), isKeyWanted(true) {}

    AioListenerOptions withAuthKey(const QByteArray &key) const;
    AioListenerOptions withBacklog(int connections) const;
    AioListenerOptions withHandshake(AioConnection::Handshake handshake, AioConnection::Digest minimum = AioConnection::Sha256) const;
    AioListenerOptions withHandshakeTimeout(std::chrono::milliseconds time) const;
    AioListenerOptions withMaximumFrame(qint64 bytes) const;

    QByteArray authKey;
    /*! Without it everybody who can reach the address is let in. */
    bool isKeyWanted = false;
    /*! How many may wait to be accepted. */
    int backlog = 128;
    AioConnection::Handshake handshake = AioConnection::Native;
    /*! The weakest digest in Python's handshake. Md5 lets Python before 3.12 in. */
    AioConnection::Digest minimumDigest = AioConnection::Sha256;
    /*! Who has not shown by then that he knows the key is dropped. */
    std::chrono::milliseconds handshakeTimeout{5000};
    /*! How many may be in their handshake at the same time; one more, and the oldest is dropped. */
    int maximumHalfOpen = 64;
    /*! AioConnection::maximumFrame() of the connections. */
    qint64 maximumFrame = 64 << 20;
};

/*!
 * \class AioListener
 * \brief Waits at an address for connections.
 *
 * \code
 * AioListener listener(AioAddress::local(QStringLiteral("indexer")), AioListenerOptions(key));
 * for (;;) {
 *     std::unique_ptr<AioConnection> peer = co_await listener.coro_accept();
 *     AioProcessing::spawn(serve(std::move(peer)));
 * }
 * \endcode
 *
 * Guarantees: handshakes go on side by side, so that who is slow, silent or hostile delays nobody. A local name that a living
 * listener has is not to be had (AddressInUse); that of a dead one is taken over. Local sockets are for this user alone. When
 * descriptors are used up it goes on as soon as there are some again.
 *
 * Passing on: a listener can be an argument of an AioCall, and its handle() goes through queues and connections.
 *
 * Threads and lifetime: belongs to the thread of its QObject. Blocking accept() needs no event loop. Destroying the listener ends its waits
 * with Cancelled; connections that were accepted live on.
 *
 * Errors: the constructor throws AddressInUse, PermissionDenied, UsageError ...; accept() Closed and Cancelled. Handshakes that fail are
 * announced by errorOccurred() and logged.
 *
 * Python: multiprocessing.connection.Listener. Unlike there accept() has a deadline, and a failed handshake is no error of accept().
 *
 * \sa AioClient
 */
class AIOPROCESSING_EXPORT AioListener : public QObject
{
    Q_OBJECT
    Q_PROPERTY(AioAddress address READ address CONSTANT)
public:
    /*! Listens at \a address from now on; a null one: at a local name that nobody else has. */
    explicit AioListener(const AioAddress &address, const AioListenerOptions &options = {}, QObject *parent = nullptr);
    /*!
     * The listener that \a handle stands for, which is moved to this process. Throws NotFound when somebody else has taken it or the process that
     * gave it away is gone.
     */
    explicit AioListener(const AioHandle &handle, QObject *parent = nullptr);
    ~AioListener() override;

    /*!
     * Gives this listener away: it is closed here, and whoever opens the handle first goes on with it, within ten minutes. That is what passing
     * a listener to a worker does. Who connects meanwhile waits; who is in his handshake is dropped. Throws UsageError when somebody
     * waits here to be accepted, or to accept.
     */
    AioHandle handle() const;

    /*! The address; with the port that the system has chosen, where it was 0. */
    AioAddress address() const;
    const AioListenerOptions &options() const;

    /*! The next connection. Null: \a deadline passed. */
    std::unique_ptr<AioConnection> accept(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    std::unique_ptr<AioConnection> accept(std::stop_token stop)
    { return accept(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    QCoro::Task<std::unique_ptr<AioConnection>> coro_accept(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                                            std::stop_token stop = {});
    QCoro::Task<std::unique_ptr<AioConnection>> coro_accept(std::stop_token stop)
    { return coro_accept(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! Waits until there is a connection to accept. False: \a deadline passed. */
    bool poll(QDeadlineTimer deadline = QDeadlineTimer(0), std::stop_token stop = {});
    QCoro::Task<bool> coro_poll(QDeadlineTimer deadline = QDeadlineTimer(0), std::stop_token stop = {});
    /*! Who came last; null for local connections, and before anybody came. */
    AioAddress lastAccepted() const;

    /*! Listens no more; waits end with Closed. Twice does no harm. */
    void close();
    bool isListening() const;

Q_SIGNALS:
    /*! Somebody has connected, and no accept() waits for him: \a connection is a child of this listener, and lives until it is deleted. */
    void newConnection(AioConnection *connection);
    /*! A handshake has failed, or accepting. */
    void errorOccurred(const AioError &error);

protected:
    friend class AioListenerPrivate;
    void connectNotify(const QMetaMethod &signal) override;

private:
    const std::shared_ptr<AioListenerPrivate> d;
};

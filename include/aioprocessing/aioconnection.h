// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioaddress.h>
#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiohandle.h>
#include <aioprocessing/aiomessage.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QCoro/QCoroTask>
#include <QDeadlineTimer>
#include <QObject>
#include <QVariant>

#include <memory>
#include <optional>
#include <stop_token>

class AioConnectionPrivate;

/*!
 * \class AioConnection
 * \brief One end of a connection to another process, over which whole messages go both ways.
 *
 * \code
 * const std::unique_ptr<AioConnection> peer = co_await listener.coro_accept();
 * co_await peer->coro_send(QStringLiteral("hello"));
 * const QVariant reply = co_await peer->coro_recv();
 * \endcode
 *
 * Connections come from AioPipe, AioListener and AioClient. On the wire they are those of Python's multiprocessing.connection, so a
 * Python program may be at the other end: choose the codec Pickle then.
 *
 * The type of recv() and recvBytes() changes with a deadline: without one they return the message, with one an std::optional, which is
 * empty when the deadline has passed.
 *
 * Guarantees: messages arrive whole and in order, or not at all. What was sent before the other side closed or died arrives, and only then
 * recv() fails. A wait that was cancelled, or whose deadline passed, has no effect: nothing was received, nothing was sent. (A
 * blocking send of which some bytes are on their way is done, and says so.) A message that is longer than maximumFrame() is refused
 * before there is memory for it; more than highWaterMark() unsent bytes make senders wait. Coroutines do not keep the event loop from
 * running: values larger than 64 KiB are encoded and decoded in the thread pool of the default context, one after the other.
 *
 * Passing on: connections, listeners, locks, queues and the like go over a connection on this machine as handles, which send() makes of them;
 * an AioBuffer goes over it as a copy, so that what was sent arrives also when the sender dies at once.
 *
 * Threads and lifetime: a connection belongs to the thread of its QObject; all methods are called there. Blocking forms need no event
 * loop. Coroutines resume on that thread, from its event loop. Destroying the connection ends its waits with Cancelled. Bytes that
 * were not sent yet when it is closed or destroyed are sent by the event loop, for half a minute at the longest; where there is none, blocking
 * sends have sent them before they return.
 *
 * Errors: AioException with EndOfStream (the other side has closed), PeerDied, ProtocolError, TooLarge, BufferTooShort, Unserializable,
 * AuthenticationFailed, Closed (this side has), Cancelled, UsageError; errorOccurred() announces them, too.
 *
 * | operation | signal |
 * |---|---|
 * | send, sendBytes and their coroutines | sent() |
 * | recv, recvBytes, recvBytesInto and their coroutines | received() |
 *
 * Python: multiprocessing.connection.Connection. Unlike there several coroutines may wait for messages of one connection, which they get in
 * the order in which they asked; and a handle gives the connection away.
 *
 * \sa AioPipe, AioListener, AioClient, AioRemoteObject
 */
class AIOPROCESSING_EXPORT AioConnection : public QObject
{
    Q_OBJECT
    Q_PROPERTY(bool readable READ isReadable CONSTANT)
    Q_PROPERTY(bool writable READ isWritable CONSTANT)
    Q_PROPERTY(Codec codec READ codec WRITE setCodec)
public:
    /*!
     * \enum AioConnection::Codec
     * How values are written. Reading tells them apart.
     * \value DataStream    The library's own: every type that QVariant and QDataStream can carry. Read from peers on this machine that run as this
     *                      user, and from those that have shown that they know the key.
     * \value Cbor          Numbers, text, bytes, lists and maps; for programs in other languages.
     * \value Pickle        Python's; see AioRemoteObject for which type is which.
     */
    enum Codec { DataStream, Cbor, Pickle };
    Q_ENUM(Codec)
    /*!
     * \enum AioConnection::Handshake
     * How the two sides show each other that they know the same key.
     * \value Native        That of this library. Neither side can be deceived by playing its words back to it.
     * \value Python        That of multiprocessing.connection. Use it on one machine, or through a tunnel.
     */
    enum Handshake { Native, Python };
    Q_ENUM(Handshake)
    /*!
     * \enum AioConnection::Digest
     * The digests of Python's handshake; Python up to 3.11 only has Md5, from 3.12 on it uses Sha256.
     */
    enum Digest { Md5, Sha256, Sha3_256, Sha384, Sha3_384 };
    Q_ENUM(Digest)

    /*!
     * The connection that \a handle stands for, which is moved to this process. Throws NotFound when somebody else has taken it or the process
     * that gave it away is gone.
     */
    explicit AioConnection(const AioHandle &handle, QObject *parent = nullptr);
    ~AioConnection() override;

    /*!
     * Gives this end away: it is closed here, and whoever opens the handle first has it, within ten minutes. That is what passing a connection
     * to a worker does. Throws UsageError when something was received that nobody has taken, or is not sent yet.
     */
    AioHandle handle() const;

    /*! Sends \a value; blocks until the system has all of it. False: \a deadline passed, and nothing was sent. */
    bool send(const QVariant &value, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool send(const QVariant &value, std::stop_token stop) { return send(value, noDeadline(), std::move(stop)); }
    /*! Sends the handle of a lock, a queue, a connection, a listener ..., for a peer on this machine, which makes such an object of it. */
    template<class T>
        requires aio_detail::isAio<T>
    bool send(const T &object, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {})
    { return send(QVariant::fromValue(object.handle()), deadline, std::move(stop)); }
    /*! The next message, as a value. */
    QVariant recv(std::stop_token stop = {});
    /*! The same; nothing: \a deadline passed. */
    std::optional<QVariant> recv(QDeadlineTimer deadline, std::stop_token stop = {});
    /*! Sends \a bytes as they are. */
    bool sendBytes(QByteArrayView bytes, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool sendBytes(QByteArrayView bytes, std::stop_token stop) { return sendBytes(bytes, noDeadline(), std::move(stop)); }
    /*! The next message as the bytes it is. One of more than \a maxLength bytes stays where it is, and BufferTooShort is thrown; -1: no limit. */
    QByteArray recvBytes(qint64 maxLength = -1, std::stop_token stop = {});
    std::optional<QByteArray> recvBytes(qint64 maxLength, QDeadlineTimer deadline, std::stop_token stop = {});
    /*!
     * Writes the next message to \a buffer, of \a size bytes, from \a offset on, and returns how many bytes it has. One that does not fit stays
     * where it is, and BufferTooShort is thrown.
     */
    qint64 recvBytesInto(char *buffer, qint64 size, qint64 offset = 0, std::stop_token stop = {});
    /*! Waits for a message. True: there is one, or the other side has closed. */
    bool poll(QDeadlineTimer deadline = QDeadlineTimer(0), std::stop_token stop = {});

    /*! send() as a coroutine. It resumes when the message is in the buffer for sending, which it waits for when there is much in it already. */
    QCoro::Task<bool> coro_send(QVariant value, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                std::stop_token stop = {});
    template<class T>
        requires aio_detail::isAio<T>
    QCoro::Task<bool> coro_send(const T &object, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {})
    { return coro_send(QVariant::fromValue(object.handle()), deadline, std::move(stop)); }
    QCoro::Task<bool> coro_send(QVariant value, std::stop_token stop) { return coro_send(std::move(value), noDeadline(), std::move(stop)); }
    QCoro::Task<QVariant> coro_recv(std::stop_token stop = {});
    QCoro::Task<std::optional<QVariant>> coro_recv(QDeadlineTimer deadline, std::stop_token stop = {});
    QCoro::Task<bool> coro_sendBytes(QByteArray bytes, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                     std::stop_token stop = {});
    QCoro::Task<bool> coro_sendBytes(QByteArray bytes, std::stop_token stop)
    { return coro_sendBytes(std::move(bytes), noDeadline(), std::move(stop)); }
    QCoro::Task<QByteArray> coro_recvBytes(qint64 maxLength = -1, std::stop_token stop = {});
    QCoro::Task<std::optional<QByteArray>> coro_recvBytes(qint64 maxLength, QDeadlineTimer deadline, std::stop_token stop = {});
    /*! Takes \a buffer, writes the next message into it from \a offset on, and gives it back cut to the message's end. */
    QCoro::Task<QByteArray> coro_recvBytesInto(QByteArray buffer, qint64 offset = 0, std::stop_token stop = {});
    QCoro::Task<bool> coro_poll(QDeadlineTimer deadline = QDeadlineTimer(0), std::stop_token stop = {});

    /*! Closes this end; waits end with Closed. Twice does no harm. */
    void close();
    /*! Whether it is connected, and not closed by this side. */
    bool isOpen() const;
    /*! Whether messages can be received, and sent; false for the other direction of a simplex pipe. */
    bool isReadable() const;
    bool isWritable() const;
    /*! Who is at the other end; null for local connections. */
    AioAddress peerAddress() const;
    /*! Whether messages in the codec DataStream are read from the other side. */
    bool isTrusted() const;

    Codec codec() const;
    /*! How what is sent from now on is written. DataStream unless set; Pickle after a handshake of Python's. */
    void setCodec(Codec codec);
    /*! The longest message that is received, in bytes; 64 MiB unless set. */
    qint64 maximumFrame() const;
    void setMaximumFrame(qint64 bytes);
    /*! How many bytes may wait to be sent before senders have to wait; 1 MiB unless set. A single message may be longer. */
    qint64 highWaterMark() const;
    void setHighWaterMark(qint64 bytes);
    /*! How many bytes wait to be sent. */
    qint64 bytesToWrite() const;
    /*! The last failure that errorOccurred() has announced; NoError: there was none. */
    AioError error() const;

Q_SIGNALS:
    /*! A message can be received, or the other side has closed. Announced again when a message is left after one was received. */
    void readyRead();
    /*! recv() or one of its kind has received \a value; a QByteArray for those that receive bytes. */
    void received(const QVariant &value);
    /*! A message was taken for sending. */
    void sent();
    /*! The other side has closed, or this one has. Once. */
    void disconnected();
    void errorOccurred(const AioError &error);

protected:
    friend class AioConnectionPrivate;
    AioConnection(std::shared_ptr<AioConnectionPrivate> d, QObject *parent);
    void connectNotify(const QMetaMethod &signal) override;

    const std::shared_ptr<AioConnectionPrivate> d_ptr;

private:
    static QDeadlineTimer noDeadline() { return QDeadlineTimer(QDeadlineTimer::Forever); }
};

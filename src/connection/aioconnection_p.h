// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioconnection.h>

#include "codec/aiomessagecodec_p.h"
#include "connection/aioblockon_p.h"
#include "connection/aioline_p.h"
#include "connection/aiomessagestream_p.h"

/*
 * A connection without its face, which may be gone while coroutines still look at this. Whoever wants to receive, or to send, stands in a
 * line; only its first may.
 */
class AioConnectionPrivate : public std::enable_shared_from_this<AioConnectionPrivate>
{
public:
    static AioConnectionPrivate &of(AioConnection &connection) { return *connection.d_ptr; }
    /* A connection over \a stream. */
    static std::unique_ptr<AioConnection> make(std::unique_ptr<aio_detail::MessageStream> stream, bool isTrusted,
                                               AioConnection::Codec codec, QObject *parent = nullptr);
    /* The two directions of \a connection become what is said here. */
    void restrict(bool readable, bool writable);

    void open(std::unique_ptr<aio_detail::MessageStream> newStream);
    /* \a why: what those who wait are told. */
    void close(AioError::Code why);
    /* The stream of an open connection, which is not open any more then. */
    std::unique_ptr<aio_detail::MessageStream> takeStream();
    AioHandle giveAway();
    /* What somebody gave away, with the socket in adopted. Throws AioException. */
    static std::shared_ptr<AioConnectionPrivate> fetch(const AioHandle &handle);

    // -- what the operations are made of; \a operation is for the errors, and those throw
    void requireOpen(const char *operation, bool isReading);
    [[noreturn]] void fail(const AioError &error);
    [[noreturn]] void fail(AioError::Code code, const QString &text, const char *operation);
    [[noreturn]] void failAsCancelled(const char *operation);
    /* Whether there is a message or none will come; reads without waiting. */
    bool lookForMessage();
    /* Takes the next message, which there must be, or throws why there is none. */
    QByteArray take(qint64 maxLength, const char *operation);
    QVariant decode(const QByteArray &message, const char *operation);
    QByteArray encode(const QVariant &value, const char *operation);
    void send(const QByteArray &message, const char *operation);
    void announceReceived(const QVariant &value);

    // -- the forms
    /* \a message may borrow its bytes. */
    bool blockingSend(const QByteArray &message, const QDeadlineTimer &deadline, const std::stop_token &stop, const char *operation);
    bool blockForMessage(const QDeadlineTimer &deadline, const std::stop_token &stop, const char *operation);
    static QCoro::Task<bool> sendLater(std::shared_ptr<AioConnectionPrivate> d, QByteArray message, QDeadlineTimer deadline,
                                       std::stop_token stop, const char *operation);
    /* What takes its time to encode is so in the thread pool, when it is its turn: those behind it wait. */
    static QCoro::Task<bool> sendValueLater(std::shared_ptr<AioConnectionPrivate> d, QVariant value, QDeadlineTimer deadline,
                                            std::stop_token stop);
    static QCoro::Task<std::optional<QByteArray>> takeLater(std::shared_ptr<AioConnectionPrivate> d, qint64 maxLength,
                                                            QDeadlineTimer deadline, std::stop_token stop, const char *operation);
    /* The same for decoding; once it has begun, the message is received. */
    static QCoro::Task<std::optional<QVariant>> takeValueLater(std::shared_ptr<AioConnectionPrivate> d, QDeadlineTimer deadline,
                                                               std::stop_token stop);
    static QCoro::Task<bool> pollLater(std::shared_ptr<AioConnectionPrivate> d, QDeadlineTimer deadline, std::stop_token stop,
                                       const char *operation);

    /* Has the event loop read while somebody wants a message. */
    void updateReading();

    AioConnection *q = nullptr;                         // null: it is gone
    aio_detail::MessageStream *stream = nullptr;        // a child of q; null: not open
    AioError::Code closedWith = AioError::NoError;      // by this side: what its waits are told
    bool isReadable = true;
    bool isWritable = true;
    bool isTrusted = false;
    bool isFirstMessage = true;
    bool isEndAnnounced = false;
    bool isFollowed = false;                            // somebody hears of readyRead() or disconnected()
    int watchers = 0;                                   // coroutines that wait for a message without taking it
    AioConnection::Codec codec = AioConnection::DataStream;
    AioAddress peer;
    qint64 maximumFrame = 64 << 20;
    qint64 highWater = 1 << 20;
    AioError error;
    int adopted = -1;                                   // a descriptor on its way into a stream
    aio_detail::Line readers;
    aio_detail::Line writers;

private:
    /* Waits, in \a turn, until something can be received, or sent. False: the deadline passed. */
    static QCoro::Task<bool> untilReadable(std::shared_ptr<AioConnectionPrivate> d, const aio_detail::Turn &turn, QDeadlineTimer deadline,
                                           std::stop_token stop, const char *operation);
    static QCoro::Task<bool> untilWritable(std::shared_ptr<AioConnectionPrivate> d, const aio_detail::Turn &turn, QDeadlineTimer deadline,
                                           std::stop_token stop, const char *operation);
    static aio_detail::MessageCodec codecOf(AioConnection::Codec codec);
    void onReadable(bool isFromLoop);
    void onWritable(bool isFromLoop);
    void announceEnd();
};

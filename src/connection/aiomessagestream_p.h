// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QObject>

#include <deque>
#include <memory>
#include <optional>

QT_BEGIN_NAMESPACE
class QSocketNotifier;
QT_END_NAMESPACE

struct iovec;
struct pollfd;

namespace aio_detail {

/*
 * Whole messages over a stream socket (codec/rawmessageframe.h). Nothing here waits: receive() and flush() do what can be done now, and
 * who waits does so in poll(), with what prepare() says, or in the event loop, where notifiers call the two.
 *
 * It reads only for somebody who wants a message (setReading()) and stops when there is one; but for while it has something to send, so
 * that two who send to each other without listening do not stand still before each has received a message of the largest size.
 *
 * Belongs to its thread; after moveToThread(nullptr) to any one at a time, none of which has notifiers then.
 */
class MessageStream : public QObject
{
    Q_OBJECT
public:
    explicit MessageStream(int socket, QObject *parent = nullptr);      // which is closed with this
    ~MessageStream() override;

    int descriptor() const { return m_socket; }
    /* The longest message that is taken from the other side; 64 MiB unless set. */
    void setLimit(qint64 bytes) { m_limit = bytes; }
    qint64 limit() const { return m_limit; }
    /* How many bytes may wait to be sent before hasRoom() is false; 1 MiB unless set. */
    void setHighWater(qint64 bytes) { m_highWater = bytes; }
    qint64 highWater() const { return m_highWater; }
    /* Reads no byte behind the next message, so that the descriptor can go to somebody else, or the limit change. */
    void setStepwise(bool isStepwise) { m_isStepwise = isStepwise; }

    // -- reading
    bool hasMessage() const { return !m_inbox.empty(); }
    qsizetype nextSize() const { return m_inbox.front().size(); }
    QByteArray takeMessage();
    /* After the last message: EndOfStream, PeerDied, ProtocolError, TooLarge ...; NoError: more may come. */
    const AioError &readError() const { return m_readError; }
    bool isReadOver() const { return m_inbox.empty() && m_readError.code != AioError::NoError; }
    /* Whether something was read that nobody has taken. */
    bool hasUnread() const { return !m_inbox.empty() || m_headerSize > 0 || m_missing > 0; }
    /* Reads what has come, if it is wanted. */
    void receive(bool isWanted = true) { receive(isWanted, false); }
    /* Whether the event loop is to read. */
    void setReading(bool isReading);

    // -- writing
    bool hasRoom() const { return m_unsent < m_highWater || m_outbox.empty(); }
    qint64 unsent() const { return m_unsent; }
    const AioError &writeError() const { return m_writeError; }
    /* Sends \a message now or later. One that only borrows its bytes (QByteArray::fromRawData()) needs them until it is sent, or keepAll(). */
    void send(const QByteArray &message);
    /* Sends \a message with the next flush(). */
    void enqueue(const QByteArray &message);
    /* Copies borrowed bytes that were not sent yet. */
    void keepAll();
    /* Takes the message that was sent last back, if none of it has gone. */
    bool withdrawLast();
    void flush() { flush(false); }

    /* What to wait for in poll(). */
    void prepare(pollfd &entry, bool isReading) const;
    /* Closes it now, or when all has been sent and there is an event loop to do it; then it deletes itself. Takes it from its parent. */
    static void closeWhenSent(std::unique_ptr<MessageStream> stream);
    /* Closes the socket and drops what was not sent. */
    void close();

Q_SIGNALS:
    /* There is a message, or readError(). \a isFromLoop: it is the event loop that has found it, and nobody's call. */
    void readable(bool isFromLoop);
    /* hasRoom(), or nothing is unsent, or writeError(). */
    void writable(bool isFromLoop);

private:
    struct Outgoing
    {
        qsizetype size() const { return headerSize + body.size(); }

        char header[12];
        int headerSize;
        QByteArray body;
        qsizetype sent = 0;         // of both together
    };

    void receive(bool isWanted, bool isFromLoop);
    void flush(bool isFromLoop);
    bool isReadWanted(bool isWanted) const;
    qsizetype readTo(iovec *parts, int count);
    qsizetype receiveStep();
    qsizetype receiveBody();
    void growBody();
    void feed(const char *data, qsizetype size);
    bool feedHeader(const char *&data, qsizetype &size);
    void beginBody(qint64 length);
    void endRead(const AioError &error);
    bool sendSome();
    void dropSent(qsizetype sent);
    void endWrite(const AioError &error);
    void updateNotifiers();
    QSocketNotifier *makeNotifier(int type);

    int m_socket;
    qint64 m_limit = 64 << 20;
    qint64 m_highWater = 1 << 20;
    bool m_isStepwise = false;
    bool m_isReading = false;
    bool m_isClosing = false;

    std::deque<QByteArray> m_inbox;
    qint64 m_inboxBytes = 0;
    char m_header[12];
    qsizetype m_headerSize = 0;
    qsizetype m_headerWanted = 4;
    QByteArray m_body;
    qsizetype m_bodySize = 0;       // of it, read
    qint64 m_missing = 0;           // of the body
    bool m_isLarge = false;         // was the last message
    AioError m_readError;

    std::deque<Outgoing> m_outbox;
    qint64 m_unsent = 0;
    AioError m_writeError;

    QSocketNotifier *m_readNotifier = nullptr;      // children
    QSocketNotifier *m_writeNotifier = nullptr;
};

} // namespace aio_detail

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aiomessagestream_p.h"

#include "base/aioerrno_p.h"
#include "codec/rawmessageframe.h"

#include <QAbstractEventDispatcher>
#include <QDeadlineTimer>
#include <QSocketNotifier>
#include <QThread>
#include <QTimer>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace aio_detail {

namespace {

const auto streaming = QStringLiteral("AioConnection::stream");
constexpr qsizetype chunkSize = 64 * 1024;
constexpr qsizetype smallChunkSize = 4 * 1024;  // where large messages follow each other, whose bytes go straight to their place
constexpr qsizetype largeSize = 16 * 1024;
constexpr qsizetype bodyStep = 1 << 20;         // so much memory at most is there for bytes that have not come yet,
constexpr qsizetype firstBodyStep = 16 * 1024;  // and only this while hardly any have,
constexpr qsizetype littleBody = 128 * 1024;    // but for messages that are not larger than this;
constexpr qsizetype readStep = 256 * 1024;      // where much has come, there is room for all that was announced, up to the usual limit
constexpr qsizetype usualLimit = 64 << 20;
constexpr std::chrono::milliseconds turnTime(2);    // then the event loop gets its turn
constexpr int lingering = 30000;                // ms that a closed stream tries to send the rest

} // namespace

MessageStream::MessageStream(int socket, QObject *parent) : QObject(parent), m_socket(socket)
{
}

MessageStream::~MessageStream()
{
    close();
}

void MessageStream::close()
{
    delete std::exchange(m_readNotifier, nullptr);
    delete std::exchange(m_writeNotifier, nullptr);
    if (m_socket >= 0)
        ::close(std::exchange(m_socket, -1));
    m_outbox.clear();
    m_unsent = 0;
}

void MessageStream::closeWhenSent(std::unique_ptr<MessageStream> stream)
{
    stream->flush();
    if (stream->m_outbox.empty() || !QAbstractEventDispatcher::instance(stream->thread()))
        return;
    MessageStream *last = stream.release();
    last->keepAll();
    last->setParent(nullptr);
    last->disconnect();
    last->m_isClosing = true;
    last->m_isReading = false;
    const auto end = [last](bool) {
        if (last->m_outbox.empty() || last->m_writeError)
            last->deleteLater();
    };
    connect(last, &MessageStream::writable, last, end);
    connect(QThread::currentThread(), &QThread::finished, last, &QObject::deleteLater);
    QTimer::singleShot(lingering, last, &QObject::deleteLater);
    last->updateNotifiers();
}

// -- reading

QByteArray MessageStream::takeMessage()
{
    QByteArray message = std::move(m_inbox.front());
    m_inbox.pop_front();
    m_inboxBytes -= message.size();
    updateNotifiers();
    return message;
}

bool MessageStream::isReadWanted(bool isWanted) const
{
    if (m_socket < 0 || m_readError || m_isClosing)
        return false;
    if (m_isStepwise || m_outbox.empty())
        return isWanted && m_inbox.empty();
    return m_inboxBytes < std::max(m_limit, qint64(1));
}

// 0: nothing has come, or the error is set.
qsizetype MessageStream::readTo(iovec *parts, int count)
{
    msghdr request{};
    request.msg_iov = parts;
    request.msg_iovlen = decltype(request.msg_iovlen)(count);
    ssize_t got;
    do {
        got = ::recvmsg(m_socket, &request, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    const bool isBetween = m_headerSize == 0 && m_missing == 0;
    if (got == 0 && isBetween) {
        endRead(makeError(AioError::EndOfStream, QStringLiteral("the other side has closed the connection"), streaming));
    } else if (got == 0) {
        endRead(makeError(AioError::PeerDied, QStringLiteral("the other side went away in the middle of a message, which is dropped"),
                          streaming));
    } else {
        const int number = errno;
        endRead(makeError(codeOfErrno(number), withErrnoText(QStringLiteral("cannot read from the connection"), number), streaming, {},
                          number));
    }
    return 0;
}

// Makes room for more of the message, of which not all may ever come.
void MessageStream::growBody()
{
    const qint64 all = m_bodySize + m_missing;
    if (m_bodySize >= bodyStep && m_body.capacity() < std::min<qint64>(all, m_bodySize + readStep))
        m_body.reserve(qsizetype(std::min<qint64>(all, std::max(usualLimit, 2 * m_bodySize))));
    const bool isLittle = all <= littleBody;
    const qsizetype step = !isLittle && m_bodySize < firstBodyStep ? firstBodyStep : m_bodySize < bodyStep ? bodyStep : readStep;
    m_body.resize(m_bodySize + qsizetype(std::min<qint64>(m_missing, step)));
}

// The rest of the message goes to its place, and what comes behind it to a chunk.
qsizetype MessageStream::receiveBody()
{
    if (m_body.size() == m_bodySize)
        growBody();
    const qsizetype room = m_body.size() - m_bodySize;
    char chunk[smallChunkSize];
    iovec parts[2] = {{m_body.data() + m_bodySize, size_t(room)}, {chunk, sizeof chunk}};
    const qsizetype got = readTo(parts, !m_isStepwise && room == m_missing ? 2 : 1);
    const qsizetype part = std::min(got, room);
    m_bodySize += part;
    m_missing -= part;
    if (got > 0 && m_missing == 0)
        beginBody(-1);
    feed(chunk, got - part);
    return got;
}

// Reads once. Returns how many bytes; 0: there are none, or the error is set.
qsizetype MessageStream::receiveStep()
{
    if (m_missing > 0 && (m_isStepwise || m_missing >= smallChunkSize))
        return receiveBody();
    char chunk[chunkSize];
    const qsizetype size = m_isStepwise ? m_headerWanted - m_headerSize : m_isLarge ? smallChunkSize : chunkSize;
    iovec part{chunk, size_t(size)};
    const qsizetype got = readTo(&part, 1);
    feed(chunk, got);
    return got;
}

void MessageStream::feed(const char *data, qsizetype size)
{
    while (size > 0 && !m_readError) {
        if (m_missing > 0) {
            const qsizetype part = qsizetype(std::min<qint64>(m_missing, size));
            if (m_body.size() < m_bodySize + part)
                m_body.resize(m_bodySize + part);
            std::memcpy(m_body.data() + m_bodySize, data, size_t(part));
            m_bodySize += part;
            m_missing -= part;
            data += part;
            size -= part;
            if (m_missing == 0)
                beginBody(-1);
        } else if (!feedHeader(data, size)) {
            return;
        }
    }
}

bool MessageStream::feedHeader(const char *&data, qsizetype &size)
{
    const qsizetype part = std::min(size, m_headerWanted - m_headerSize);
    std::memcpy(m_header + m_headerSize, data, size_t(part));
    m_headerSize += part;
    data += part;
    size -= part;
    const auto header = aio_raw::loadMessageHeader(m_header, size_t(m_headerSize), quint64(m_limit));
    switch (header.state) {
    case aio_raw::MessageHeader::Incomplete:
        m_headerWanted = qsizetype(header.size);
        return true;
    case aio_raw::MessageHeader::Complete:
        beginBody(qint64(header.length));
        return true;
    case aio_raw::MessageHeader::Negative:
        endRead(makeError(AioError::ProtocolError, QStringLiteral("the other side announced a message of negative size: it does not speak "
                                                                  "the protocol of Python's multiprocessing.connection"), streaming));
        return false;
    case aio_raw::MessageHeader::TooLong:
        endRead(makeError(AioError::TooLarge,
                          QStringLiteral("the other side announced a message of %1 bytes, and %2 are allowed: raise maximumFrame(), or "
                                         "send less").arg(header.length).arg(m_limit), streaming));
        return false;
    }
    return false;
}

// Begins a message of \a length bytes; -1: the one that was begun is complete.
void MessageStream::beginBody(qint64 length)
{
    if (length > 0) {
        m_headerSize = 0;
        m_headerWanted = 4;
        m_missing = length;
        m_bodySize = 0;
        return;
    }
    if (length == 0) {
        m_headerSize = 0;
        m_headerWanted = 4;
        m_body = QByteArray("");
    }
    m_isLarge = m_body.size() >= largeSize;
    m_inboxBytes += m_body.size();
    m_inbox.push_back(std::exchange(m_body, QByteArray()));
    m_bodySize = 0;
}

void MessageStream::endRead(const AioError &error)
{
    m_readError = error;
    m_body = QByteArray();
}

void MessageStream::receive(bool isWanted, bool isFromLoop)
{
    const bool was = hasMessage() || m_readError;
    QDeadlineTimer end(QDeadlineTimer::Forever);
    for (int step = 0; isReadWanted(isWanted) && !end.hasExpired() && receiveStep() > 0; ++step) {
        if (step == 1)
            end = QDeadlineTimer(turnTime);
    }
    updateNotifiers();
    if (!was && (hasMessage() || m_readError))
        Q_EMIT readable(isFromLoop);
}

void MessageStream::setReading(bool isReading)
{
    m_isReading = isReading;
    updateNotifiers();
}

// -- writing

void MessageStream::send(const QByteArray &message)
{
    enqueue(message);
    if (m_outbox.size() == 1)
        flush();
}

void MessageStream::enqueue(const QByteArray &message)
{
    if (m_writeError || m_socket < 0)
        return;
    Outgoing &last = m_outbox.emplace_back();
    static_assert(sizeof last.header >= aio_raw::maxMessageHeader);
    last.headerSize = int(aio_raw::storeMessageHeader(quint64(message.size()), last.header));
    last.body = message;
    m_unsent += last.size();
}

void MessageStream::keepAll()
{
    for (Outgoing &message : m_outbox)
        message.body.detach();
}

bool MessageStream::withdrawLast()
{
    if (m_outbox.empty() || m_outbox.back().sent > 0)
        return false;
    m_unsent -= m_outbox.back().size();
    m_outbox.pop_back();
    updateNotifiers();
    return true;
}

void MessageStream::flush(bool isFromLoop)
{
    const bool hadNone = m_outbox.empty();
    const bool hadRoom = hasRoom();
    QDeadlineTimer end(QDeadlineTimer::Forever);
    for (int step = 0; !m_outbox.empty() && m_socket >= 0 && !end.hasExpired() && sendSome(); ++step) {
        if (step == 1)
            end = QDeadlineTimer(turnTime);
    }
    updateNotifiers();
    if ((!hadRoom && hasRoom()) || (!hadNone && m_outbox.empty()) || m_writeError)
        Q_EMIT writable(isFromLoop);
}

// Sends several messages at once, each in two parts. False: the system takes no more, or the error is set.
bool MessageStream::sendSome()
{
    constexpr std::size_t most = 128;
    iovec parts[most];
    std::size_t count = 0;
    for (Outgoing &message : m_outbox) {
        if (count + 2 > most)
            break;
        const qsizetype headerLeft = std::max<qsizetype>(message.headerSize - message.sent, 0);
        const qsizetype bodySent = std::max<qsizetype>(message.sent - message.headerSize, 0);
        if (headerLeft > 0)
            parts[count++] = {message.header + message.sent, size_t(headerLeft)};
        if (message.body.size() > bodySent)
            parts[count++] = {const_cast<char *>(message.body.constData()) + bodySent, size_t(message.body.size() - bodySent)};
    }
    msghdr request{};
    request.msg_iov = parts;
    request.msg_iovlen = decltype(request.msg_iovlen)(count);
    ssize_t sent;
    do {
        sent = ::sendmsg(m_socket, &request, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        dropSent(sent);
        return true;
    }
    if (const int number = errno; number != EAGAIN && number != EWOULDBLOCK) {
        endWrite(makeError(codeOfErrno(number), withErrnoText(QStringLiteral("cannot send to the other side"), number), streaming, {},
                           number));
    }
    return false;
}

void MessageStream::dropSent(qsizetype sent)
{
    m_unsent -= sent;
    while (sent > 0) {
        Outgoing &message = m_outbox.front();
        const qsizetype part = std::min(sent, message.size() - message.sent);
        message.sent += part;
        sent -= part;
        if (message.sent == message.size())
            m_outbox.pop_front();
    }
}

void MessageStream::endWrite(const AioError &error)
{
    m_writeError = error;
    m_outbox.clear();
    m_unsent = 0;
}

// -- waiting

void MessageStream::prepare(pollfd &entry, bool isReading) const
{
    entry.fd = m_socket;
    entry.events = 0;
    if (isReadWanted(isReading))
        entry.events |= POLLIN;
    if (!m_outbox.empty())
        entry.events |= POLLOUT;
    if (entry.events == 0)
        entry.fd = -1;      // else the end of the other side would be told for ever
}

QSocketNotifier *MessageStream::makeNotifier(int type)
{
    auto *notifier = new QSocketNotifier(m_socket, QSocketNotifier::Type(type), this);
    connect(notifier, &QSocketNotifier::activated, this, [this, type] {
        if (type == QSocketNotifier::Write)
            flush(true);
        else if (isReadWanted(m_isReading))
            receive(m_isReading, true);
        else
            m_readNotifier->setEnabled(false);
    });
    return notifier;
}

// That for reading stays enabled until it is found to be in vain: mostly somebody wants the next message soon.
void MessageStream::updateNotifiers()
{
    const bool reads = isReadWanted(m_isReading);
    const bool writes = m_socket >= 0 && !m_outbox.empty();
    const bool isRight = (!reads || (m_readNotifier && m_readNotifier->isEnabled()))
        && (m_writeNotifier ? m_writeNotifier->isEnabled() == writes : !writes);
    if (isRight || QThread::currentThread() != thread() || !QAbstractEventDispatcher::instance())
        return;
    if (reads && !m_readNotifier)
        m_readNotifier = makeNotifier(QSocketNotifier::Read);
    if (writes && !m_writeNotifier)
        m_writeNotifier = makeNotifier(QSocketNotifier::Write);
    if (reads && !m_readNotifier->isEnabled())
        m_readNotifier->setEnabled(true);
    if (m_writeNotifier && m_writeNotifier->isEnabled() != writes)
        m_writeNotifier->setEnabled(writes);
}

} // namespace aio_detail

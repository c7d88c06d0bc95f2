// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioworkerchannel_p.h"

#include "codec/aiovariantcodec_p.h"
#include "process/aiobootstrap_p.h"
#include "process/rawchannel.h"

#include <QPointer>

namespace aio_detail {

using aio_raw::FrameType;
using aio_raw::Transfer;

WorkerChannel::WorkerChannel(int descriptor, QObject *parent) : QObject(parent)
{
    m_socket.open(descriptor, QSocketNotifier::Read, this, [this] { pump(); });
}

void WorkerChannel::pump()
{
    const QPointer<WorkerChannel> self(this);    // whoever hears a signal may delete the process
    constexpr qsizetype step = 256 * 1024;
    // Memory grows with the bytes that are there, never on the word of a header.
    while (self && m_socket.isOpen()) {
        const qsizetype before = m_in.size();
        m_in.resize(before + step);
        std::size_t moved = 0;
        const Transfer outcome = aio_raw::receiveSome(m_socket.get(), m_in.data() + before, std::size_t(step), moved);
        m_in.resize(before + qsizetype(moved));
        if (moved > 0 && !takeFrames())
            return;
        if (outcome == Transfer::Gone)
            close();
        if (outcome != Transfer::Done)
            return;
    }
}

bool WorkerChannel::takeFrames()
{
    const QPointer<WorkerChannel> self(this);
    while (m_in.size() >= qsizetype(aio_raw::frameHeaderSize)) {
        const auto header = aio_raw::loadFrameHeader(m_in.constData());
        if (!header) {
            violate(QStringLiteral("something that is no frame"));
            return false;
        }
        const qsizetype whole = qsizetype(aio_raw::frameHeaderSize) + qsizetype(header->length);
        if (m_in.size() < whole)
            return true;
        const QByteArray body = m_in.mid(qsizetype(aio_raw::frameHeaderSize), qsizetype(header->length));
        m_in.remove(0, whole);
        if (!handleFrame(header->type, body) || !self)
            return false;
    }
    return true;
}

bool WorkerChannel::handleFrame(FrameType type, const QByteArray &body)
{
    if (m_isDone) {
        violate(QStringLiteral("a frame after its last one"));
        return false;
    }
    if (type == FrameType::Ready && !m_isReady) {
        m_isReady = true;
        Q_EMIT ready();
        return true;
    }
    if (type == FrameType::Result && m_isReady) {
        m_isDone = true;
        QVariant result;
        if (const AioError error = decodeVariant(body, result, "AioProcess::result"))
            Q_EMIT errorArrived(error);
        else
            Q_EMIT resultArrived(result);
        return true;
    }
    if (type == FrameType::Error) {
        m_isDone = true;
        Q_EMIT errorArrived(decodeError(body));
        return true;
    }
    violate(QStringLiteral("a frame of type %1 out of turn").arg(int(type)));
    return false;
}

void WorkerChannel::violate(const QString &what)
{
    close();
    Q_EMIT violated(makeError(AioError::ProtocolError,
                              QStringLiteral("the worker sent %1; its program may be another version, or have written to "
                                             "a descriptor that is not its own").arg(what),
                              QStringLiteral("AioProcess::start")));
}

void WorkerChannel::close()
{
    m_socket.close();
    m_in.clear();
}

} // namespace aio_detail

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioworkerlink_p.h"

#include "codec/aiovariantcodec_p.h"
#include "platform/rawlifeline.h"
#include "process/aiocallcodec_p.h"
#include "process/aioprivateargument_p.h"
#include "process/rawchannel.h"

namespace aio_detail {

using aio_raw::FrameType;
using aio_raw::Transfer;

namespace {

constexpr const char *WorkerRole = "worker";

AioError protocolError(const QString &what)
{
    return makeError(AioError::ProtocolError, what, QStringLiteral("AioProcessing::runWorker"));
}

} // namespace

QByteArray WorkerArgument::toText() const
{
    return privateArgument(WorkerRole, {channel, lifeline, briefing});
}

std::optional<WorkerArgument> WorkerArgument::find(int argc, const char *const *argv, int *index)
{
    const auto found = findPrivateArgument(argc, argv, WorkerRole, 3, index);
    return found ? std::optional(WorkerArgument{found->at(0), found->at(1), found->at(2)}) : std::nullopt;
}

bool appendFrame(QByteArray &frames, FrameType type, const QByteArray &body)
{
    if (body.size() > qsizetype(aio_raw::frameLimit(type)))
        return false;
    char header[aio_raw::frameHeaderSize];
    aio_raw::storeFrameHeader({type, std::uint32_t(body.size())}, header);
    frames.append(header, sizeof header);
    frames.append(body);
    return true;
}

bool WorkerLink::open()
{
    for (const int descriptor : {m_argument.channel, m_argument.lifeline}) {
        if (!aio_raw::isLocalSocket(descriptor) || !aio_raw::closeOnExec(descriptor))
            return false;
    }
    if (!aio_raw::isRegularFile(m_argument.briefing) || !aio_raw::closeOnExec(m_argument.briefing))
        return false;
    // The parent armed it before exec; where it could not, now is the next chance. Then: did the parent end before that?
    return aio_raw::holdLifeline(m_argument.lifeline) && !aio_raw::isPeerGone(m_argument.lifeline);
}

AioError WorkerLink::read(FrameType type, QByteArray &body)
{
    char bytes[aio_raw::frameHeaderSize];
    if (aio_raw::readAll(m_argument.briefing, bytes, sizeof bytes) != Transfer::Done)
        return protocolError(QStringLiteral("the briefing of this worker is incomplete"));
    const auto header = aio_raw::loadFrameHeader(bytes);
    if (!header || header->type != type)
        return protocolError(QStringLiteral("the parent process speaks another version of the protocol"));
    body.resize(qsizetype(header->length));
    if (aio_raw::readAll(m_argument.briefing, body.data(), size_t(body.size())) != Transfer::Done)
        return protocolError(QStringLiteral("the briefing of this worker ends in the middle of a frame"));
    return {};
}

AioError WorkerLink::readBootstrap(Bootstrap &bootstrap)
{
    QByteArray body;
    AioError error = read(FrameType::Hello, body);
    if (!error)
        error = decodeBootstrap(body, bootstrap);
    wipe(body);
    return error;
}

AioError WorkerLink::readCall(AioCall &call)
{
    QByteArray body;
    AioError error = read(FrameType::Call, body);
    aio_raw::closeDescriptor(m_argument.briefing);
    if (!error)
        error = decodeCall(body, call);
    wipe(body);
    return error;
}

void WorkerLink::send(FrameType type, const QByteArray &body)
{
    char header[aio_raw::frameHeaderSize];
    aio_raw::storeFrameHeader({type, std::uint32_t(body.size())}, header);
    const QMutexLocker locker(&m_sending);
    if (aio_raw::sendAll(m_argument.channel, header, sizeof header) == Transfer::Done)
        aio_raw::sendAll(m_argument.channel, body.constData(), size_t(body.size()));
}

void WorkerLink::sendReady()
{
    send(FrameType::Ready, QByteArray());
}

AioError WorkerLink::sendResult(const QVariant &result)
{
    QByteArray body;
    AioError error = encodeVariant(result, body, "AioProcess::result");
    if (!error && body.size() > qsizetype(aio_raw::frameLimit(FrameType::Result))) {
        error = makeError(AioError::TooLarge,
                          QStringLiteral("the result has %1 bytes and the limit is 1 GiB: return it in parts through a queue")
                              .arg(body.size()),
                          QStringLiteral("AioProcess::result"));
    }
    if (error)
        sendError(error);
    else
        send(FrameType::Result, body);
    return error;
}

bool WorkerLink::sendLog(const QByteArray &body)
{
    QByteArray frame;
    if (!appendFrame(frame, FrameType::Log, body))
        return false;
    const QMutexLocker locker(&m_sending);
    return aio_raw::sendAllNow(m_argument.channel, frame.constData(), size_t(frame.size())) == Transfer::Done;
}

void WorkerLink::sendError(const AioError &error)
{
    send(FrameType::Error, encodeError(error));
}

} // namespace aio_detail

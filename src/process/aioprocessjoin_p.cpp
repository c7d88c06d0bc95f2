// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The part of AioProcessPrivate that waits for the end of a process while it blocks the thread.

#include "process/aioprocessjoin_p.h"

#include "base/aioerrno_p.h"
#include "base/aioguiwarning_p.h"
#include "platform/rawdescriptors.h"
#include "process/aioprocess_p.h"
#include "process/rawchannel.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <poll.h>
#include <unistd.h>

namespace aio_detail {

StopDescriptor::StopDescriptor(const std::stop_token &stop)
{
    if (!stop.stop_possible())
        return;
    if (!aio_raw::openPipe(m_ends)) {
        const int number = errno;
        throwError(codeOfErrno(number), withErrnoText(QStringLiteral("pipe"), number), QStringLiteral("AioProcess::join"));
    }
    m_callback.emplace(stop, [end = m_ends[1]] { [[maybe_unused]] const ssize_t written = ::write(end, "", 1); });
}

StopDescriptor::~StopDescriptor()
{
    m_callback.reset();
    for (int &end : m_ends)
        aio_raw::closeDescriptor(end);
}

} // namespace aio_detail

using namespace aio_detail;

bool AioProcessPrivate::join(const QDeadlineTimer &deadline, const std::stop_token &stop)
{
    const QPointer<AioProcess> self(q);
    requireStarted("AioProcess::join");
    if (!stop.stop_requested() && look())
        return true;
    if (!stop.stop_requested() && deadline.hasExpired())
        return false;
    const StopDescriptor stopDescriptor(stop);
    warnIfGuiThread("AioProcess::join");
    while (self && phase != Ended) {
        if (stop.stop_requested())
            fail(AioError::Cancelled, QStringLiteral("the wait for the end of a process was cancelled"), "AioProcess::join");
        if (deadline.hasExpired())
            return false;
        waitForNews(deadline, stopDescriptor.descriptor());
    }
    if (!self) {
        throwError(AioError::Cancelled, QStringLiteral("the AioProcess was destroyed by a slot"),
                   QStringLiteral("AioProcess::join"));
    }
    return true;
}

std::shared_ptr<InputPipe::Write> AioProcessPrivate::beginWrite(const QByteArray &data, const char *operation)
{
    requireStarted(operation);
    if (!input) {
        fail(AioError::UsageError,
             isWorker ? QStringLiteral("the standard input of a worker is empty: give it a queue as argument")
                      : QStringLiteral("standard input is that of qprocess(), which was asked for before start(): write to it"),
             operation);
    }
    if (input->isClosed())
        fail(AioError::EndOfStream, QStringLiteral("standard input of the process is closed"), operation);
    const auto write = input->add(data);
    input->flush();
    return write;
}

bool AioProcessPrivate::endWrite(const QPointer<InputPipe> &input, InputPipe::Write &write, bool isCancelled)
{
    const auto operation = QStringLiteral("AioProcess::write");
    switch (write.state) {
    case InputPipe::Write::Done:
        return true;
    case InputPipe::Write::Lost:
        throwError(AioError::EndOfStream, QStringLiteral("the process has closed its standard input, or has ended"), operation);
    case InputPipe::Write::Begun:
        if (input)
            return true;    // too late to take it back: the rest follows
        break;
    case InputPipe::Write::Waiting:
        if (input)
            input->withdraw(write);
        if (input && !isCancelled)
            return false;
        break;
    }
    throwError(AioError::Cancelled, QStringLiteral("the wait for a write to a process was cancelled"), operation);
}

bool AioProcessPrivate::write(const QByteArray &data, const QDeadlineTimer &deadline, const std::stop_token &stop)
{
    const auto write = beginWrite(data, "AioProcess::write");
    const QPointer<InputPipe> pipe(input);
    const StopDescriptor stopDescriptor(stop);
    if (write->isPending())
        warnIfGuiThread("AioProcess::write");
    while (pipe && write->isPending() && !stop.stop_requested() && !deadline.hasExpired())
        waitForNews(deadline, stopDescriptor.descriptor());
    return endWrite(pipe, *write, stop.stop_requested());
}

void AioProcessPrivate::closeInput()
{
    requireStarted("AioProcess::closeInput");
    if (input)
        input->close();
    else if (m_child == spawned)
        spawned->process()->closeWriteChannel();
}

void AioProcessPrivate::waitForNews(QDeadlineTimer deadline, int stopDescriptor)
{
    const QPointer<AioProcess> self(q);
    if (m_child->descriptor() < 0)
        m_child->look(QDeadlineTimer(0));
    if (!self || phase == Ended)
        return;
    deadline = std::min({deadline, m_limit, m_grace});

    // What is not open is -1, which poll() passes over.
    enum Source { OfChild, OfStop, OfChannel, OfOutput, OfErrors, OfInput, SourceCount };
    pollfd entries[SourceCount] = {};
    entries[OfChild].fd = m_child->descriptor();
    entries[OfStop].fd = stopDescriptor;
    entries[OfChannel].fd = m_channel ? m_channel->descriptor() : -1;
    entries[OfOutput].fd = m_output ? m_output->descriptor() : -1;
    entries[OfErrors].fd = m_errors ? m_errors->descriptor() : -1;
    entries[OfInput].fd = input && input->hasWork() ? input->descriptor() : -1;
    for (pollfd &entry : entries)
        entry.events = POLLIN;
    entries[OfInput].events = POLLOUT;
    const bool isBlind = entries[OfChild].fd < 0;    // then QProcess alone can wait, in turn with the others
    const bool hasOthers = std::any_of(entries + OfStop, entries + SourceCount, [](const pollfd &entry) { return entry.fd >= 0; });
    if (isBlind)
        m_child->look(hasOthers ? std::min(deadline, QDeadlineTimer(10)) : deadline);
    const bool mayWait = !isBlind && !deadline.isForever();
    const auto left = mayWait ? std::max<qint64>(deadline.remainingTimeNSecs(), 0) : 0;
    const timespec time{left / 1000000000, left % 1000000000};
    if (self && phase != Ended && ::ppoll(entries, SourceCount, isBlind || mayWait ? &time : nullptr, nullptr) > 0) {
        if (entries[OfInput].revents)
            input->flush();
        if (self && entries[OfOutput].revents)
            m_output->read();
        if (self && entries[OfErrors].revents)
            m_errors->read();
        if (self && m_channel && entries[OfChannel].revents)
            m_channel->pump();
        if (self && entries[OfChild].revents)
            m_child->look(QDeadlineTimer(QDeadlineTimer::Forever));
    }
    if (self && phase != Ended)
        checkLimits();
}

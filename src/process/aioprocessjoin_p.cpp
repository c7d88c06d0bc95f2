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

void AioProcessPrivate::waitForNews(QDeadlineTimer deadline, int stopDescriptor)
{
    using namespace std::chrono;
    const QPointer<AioProcess> self(q);
    if (process->state() == QProcess::Starting)
        process->waitForStarted(deadline.hasExpired() ? 0 : -1);    // it only waits for exec
    if (!self || phase == Ended)
        return;
    deadline = std::min(deadline, m_limit);
    const bool readsOutput = !isForwarded();
    const bool isBlind = readsOutput || m_pidDescriptor < 0;    // then QProcess must look as well, in turn with the channel
    if (isBlind && (m_channel || stopDescriptor >= 0))
        deadline = std::min(deadline, QDeadlineTimer(10));

    if (isBlind) {
        const auto left = deadline.isForever() ? milliseconds(-1) : ceil<milliseconds>(deadline.remainingTimeAsDuration());
        process->waitForFinished(int(std::min<qint64>(left.count(), 24 * 3600 * 1000)));
    } else {
        pollfd entries[3];
        nfds_t count = 0;
        entries[count++] = {m_pidDescriptor, POLLIN, 0};
        if (stopDescriptor >= 0)
            entries[count++] = {stopDescriptor, POLLIN, 0};
        if (m_channel && m_channel->descriptor() >= 0)
            entries[count++] = {m_channel->descriptor(), POLLIN, 0};
        const auto left = std::max<qint64>(deadline.isForever() ? 0 : deadline.remainingTimeNSecs(), 0);
        const timespec time{left / 1000000000, left % 1000000000};
        ::ppoll(entries, count, deadline.isForever() ? nullptr : &time, nullptr);
        if (entries[0].revents)
            process->waitForFinished(-1);    // it has ended: QProcess takes note
    }
    if (self && phase != Ended && m_channel)
        m_channel->pump();
    if (self && phase != Ended)
        checkLimit();
}

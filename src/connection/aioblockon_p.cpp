// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aioblockon_p.h"

#include "base/aioguiwarning_p.h"
#include "process/aioprocessjoin_p.h"

#include <algorithm>
#include <optional>

namespace aio_detail {

BlockResult blockOn(const Blocking &what, const QDeadlineTimer &deadline, const std::stop_token &stop, const char *operation)
{
    std::optional<StopDescriptor> stopDescriptor;
    std::vector<pollfd> entries;
    for (;;) {
        if (stop.stop_requested())
            return BlockResult::Stopped;
        if (what.proceed())
            return BlockResult::Done;
        if (deadline.hasExpired())
            return BlockResult::TimedOut;
        if (!stopDescriptor) {
            warnIfGuiThread(operation);
            stopDescriptor.emplace(stop);
        }
        entries.assign(1, pollfd{stopDescriptor->descriptor(), POLLIN, 0});
        const QDeadlineTimer next = std::min(deadline, what.prepare(entries));
        const auto left = next.isForever() ? 0 : std::max<qint64>(next.remainingTimeNSecs(), 0);
        const timespec time{left / 1000000000, left % 1000000000};
        ::ppoll(entries.data(), nfds_t(entries.size()), next.isForever() ? nullptr : &time, nullptr);
    }
}

} // namespace aio_detail

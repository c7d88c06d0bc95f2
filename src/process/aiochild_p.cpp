// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiochild_p.h"

#include <algorithm>
#include <chrono>

namespace aio_detail {

int pollTime(const QDeadlineTimer &deadline)
{
    using namespace std::chrono;
    if (deadline.isForever())
        return -1;
    return int(std::clamp<qint64>(ceil<milliseconds>(deadline.remainingTimeAsDuration()).count(), 0, 24 * 3600 * 1000));
}

} // namespace aio_detail

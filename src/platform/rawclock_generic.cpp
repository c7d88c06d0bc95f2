// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawclock.h"

namespace aio_raw {

Nanoseconds roughlyNow() noexcept
{
    return now();
}

} // namespace aio_raw

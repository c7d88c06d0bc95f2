// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawoom.h"

namespace aio_raw {

void watchOom(std::int32_t, OomWatch &watch) noexcept
{
    watch.file[0] = 0;
}

bool hasOomKill(const OomWatch &) noexcept
{
    return false;
}

} // namespace aio_raw

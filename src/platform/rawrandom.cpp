// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawrandom.h"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace aio_raw {

void randomBytes(void *data, unsigned size) noexcept
{
    constexpr unsigned Most = 256;      // that getentropy() gives at once
    for (auto *at = static_cast<char *>(data); size > 0;) {
        const unsigned part = std::min(size, Most);
        if (::getentropy(at, part) != 0)
            std::abort();   // no kernel this library runs on fails here
        at += part;
        size -= part;
    }
}

} // namespace aio_raw

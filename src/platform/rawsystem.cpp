// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawsystem.h"

namespace aio_raw {

const char *backendName(Backend backend) noexcept
{
    switch (backend) {
    case Backend::Linux:
        return "linux";
    case Backend::Generic:
        return "generic";
    }
    return "unknown";
}

} // namespace aio_raw

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioContext>

namespace AioTest {

/* Whether the library that is tested, not the one that this program was built with, uses what only Linux has. */
inline bool hasLinuxBackend()
{
    return AioContext::backend() == QLatin1String("linux");
}

} // namespace AioTest

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace AioTest {

/* Whether the library that is tested uses what only Linux has (src/platform/rawsystem.h). */
inline constexpr bool HasLinuxBackend = std::string_view(AIO_TEST_BACKEND) == "linux";

} // namespace AioTest

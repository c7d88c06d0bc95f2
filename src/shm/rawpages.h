// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "shm/rawslabs.h"

/* What rawpages.cpp and rawslabs.cpp, the two halves of RawSlabs, both need. */
namespace aio_raw::RawPages {

inline constexpr std::uint64_t FreePage = RawArena::FreePage;
inline constexpr std::uint32_t None = 0;        // no page: segment 0 begins with what the objects need

constexpr unsigned classOf(std::size_t bytes) noexcept
{
    unsigned sizeClass = 0;
    while (SmallestBlock << sizeClass < bytes)
        ++sizeClass;
    return sizeClass;
}
constexpr std::uint32_t blockUnitsOf(unsigned sizeClass) noexcept { return std::uint32_t((SmallestBlock << sizeClass) / UnitBytes); }
constexpr std::uint32_t pagesOfSlab(unsigned sizeClass) noexcept { return SmallestBlock << sizeClass <= 4096 ? 1 : 4; }
constexpr std::uint32_t pagesFor(std::size_t bytes) noexcept { return std::uint32_t((bytes + PageBytes - 1) / PageBytes); }

} // namespace aio_raw::RawPages

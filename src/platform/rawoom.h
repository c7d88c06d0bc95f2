// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/*
 * Whether the kernel killed a process for want of memory. It does not say so to the parent, but counts what it kills in each memory
 * cgroup (version 2: memory.events, version 1: memory.oom_control; without cgroups in /proc/vmstat).
 */
namespace aio_raw {

struct OomWatch
{
    char file[512] = {};
    std::uint64_t kills = 0;
};

/* Notes how many were killed so far in the cgroup of \a pid. Keeps no descriptor. */
void watchOom(std::int32_t pid, OomWatch &watch) noexcept;

/* Whether more were killed since then; false also when nothing could be found out. */
bool hasOomKill(const OomWatch &watch) noexcept;

} // namespace aio_raw

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/*
 * Who a process is, and whether it still is. A pid alone proves nothing (it is reused, and zombies answer), so a process
 * is known by its pid together with the kernel's start time, and its life is watched through a pidfd.
 */
namespace aio_raw {

struct ProcessIdentity
{
    std::int32_t pid = 0;
    std::uint64_t startTime = 0;    // clock ticks since boot, field 22 of /proc/PID/stat

    friend bool operator==(const ProcessIdentity &, const ProcessIdentity &) = default;
};

/* The calling process. */
ProcessIdentity ownIdentity() noexcept;

inline constexpr std::uint64_t UnknownTime = UINT64_MAX;

/* The start time of \a pid; 0 when there is no such process or it is a zombie; UnknownTime when that cannot be found out now. */
std::uint64_t startTimeOf(std::int32_t pid) noexcept;

/*
 * A close-on-exec descriptor that becomes readable when the process ends. -1: it has ended or is another one by now. -2: it
 * may live, but there is no descriptor to be had.
 */
int openProcess(const ProcessIdentity &identity) noexcept;

/* The same for a child that nobody but the caller reaps, so that its pid is its own. -1 with errno set. */
int openChild(std::int32_t pid) noexcept;

/* Whether the process lives (a stopped one does, a zombie does not). */
bool isAlive(const ProcessIdentity &identity) noexcept;

/* The inode of this process's pid namespace: processes of two namespaces do not know each other's pids. */
std::uint64_t pidNamespace() noexcept;

/* Random bytes from the kernel. */
void randomBytes(void *data, unsigned size) noexcept;

} // namespace aio_raw

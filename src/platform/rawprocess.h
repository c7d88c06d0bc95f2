// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "platform/rawdoorbell.h"
#include "platform/rawrandom.h"

#include <cstdint>
#include <string>

/*
 * Who a process is, and whether it still is. A pid alone proves nothing (it is reused, and zombies answer).
 *
 * On Linux a process is known by its pid together with the kernel's start time. The generic backend knows it by its home: as long
 * as it lives it holds the lock there, which the kernel gives up when it ends, however that comes.
 */
namespace aio_raw {

struct ProcessIdentity
{
    std::int32_t pid = 0;
    std::uint64_t startTime = 0;        // in the unit of the backend, which may have none; 0: unknown
    std::uint8_t entry[16] = {};        // names its home; zeros: unknown, for a moment after it has come
};

/* The calling process, but for its entry. */
ProcessIdentity ownIdentity() noexcept;

enum class Life { Ended, Lives, Unknown };

/* Whether the process lives (a stopped one does, a zombie does not). */
Life lifeOf(const ProcessIdentity &who, Homes &homes) noexcept;

/*
 * Makes the life of the calling process visible to others in its \a home, of which it holds the \a lock. False with errno set.
 */
bool showLife(const std::string &home, int lock) noexcept;

/* Whether others see the end of a process by the lock in its home, which must stay there until it has ended, then. */
bool lockShowsLife() noexcept;

/* The start time of \a pid; 0 when there is no such process or it is a zombie; UnknownTime when that cannot be found out now, or ever. */
inline constexpr std::uint64_t UnknownTime = UINT64_MAX;
std::uint64_t startTimeOf(std::int32_t pid) noexcept;

/*
 * A close-on-exec descriptor that becomes readable when the process ends. -1: it has ended or is another one by now. -2: it
 * may live, but there is no descriptor to be had.
 */
int openProcess(const ProcessIdentity &identity) noexcept;

/* The same for a child that nobody but the caller reaps, so that its pid is its own. -1: there is none to be had. */
int openChild(std::int32_t pid) noexcept;

/* The number of this process's pid namespace: processes of two namespaces do not know each other's pids. 0: there are none. */
std::uint64_t pidNamespace() noexcept;

} // namespace aio_raw

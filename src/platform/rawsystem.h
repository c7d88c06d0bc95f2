// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/*
 * Which backend this library is built with, and small things that each system does in its own way. A backend is the set of
 * files of this room whose names end in its name; nothing outside of the room depends on which one it is.
 */
namespace aio_raw {

/* Stands in every segment: what processes of two backends do with an arena does not fit together. */
enum class Backend : std::uint32_t { Linux = 1, Generic = 2 };

Backend backend() noexcept;
/* For messages; "unknown" for numbers that are none. */
const char *backendName(Backend backend) noexcept;

/* Whether the program runs with privileges of another user than the one who started it. */
bool hasForeignPrivileges() noexcept;

/*
 * The bytes of memory that \a process, 0 for this one, has resident; of this one, where the system does not tell, the most it ever had; 0:
 * not known.
 */
std::int64_t residentBytes(std::int64_t process = 0) noexcept;

/*
 * Gives the system back what lies in shared memory there, in whole pages, for all who have it mapped; it reads as zeros from then on.
 * False: the system cannot, and the memory stays as it is.
 */
bool returnMemory(char *memory, std::size_t bytes) noexcept;

/* A link to this process's executable, and a file with its command line, each text ending with 0. Null: the system has no such thing. */
const char *programLink() noexcept;
const char *commandLineFile() noexcept;

/* What debuggers and lists of processes call this thread: at most 15 bytes. */
void nameThread(const char *name) noexcept;

} // namespace aio_raw

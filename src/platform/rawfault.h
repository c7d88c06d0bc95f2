// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

/*
 * Fault points: places where a test can kill, stop or fail a process. They compile to nothing unless AIO_FAULT_POINTS is
 * defined. Inline fast paths have none (there tests single-step).
 *
 *   AIO_FAULT_POINT("lot.enqueue");
 *   if (const int error = AIO_FAULT_ERRNO("segment.map")) ...    // the error number to fail with, or 0
 *
 * The environment variable AIO_FAULT says which and what:
 *
 *   AIO_FAULT="<point|*>:<n>:<action>[:argument]"
 *     n        the how manieth hit, from 1; "3+" means the third and all that follow. '*' counts the hits of all points.
 *     kill     SIGKILL          stop      SIGSTOP, the process goes on with SIGCONT
 *     abort    abort()          exit:c    _exit(c)
 *     sleep:ms                  errno:E   E a number or a name such as ENOMEM; counts points of AIO_FAULT_ERRNO only
 *
 *   AIO_FAULT=count              at exit writes "<hits> <point>" for each point to stderr, or appends it to the file named by
 *                                AIO_FAULT_COUNT_FILE
 *
 * Each process reads it anew, a forked child included. Ignored in programs that run with privileges of others.
 */
#if defined(AIO_FAULT_POINTS)

#define AIO_FAULT_POINT(point) ::aio_raw::rawfault_hit(point)
#define AIO_FAULT_ERRNO(point) ::aio_raw::rawfault_errno(point)

// Visible, so that a program that links the library and the core without Qt has one state only.
#define AIO_FAULT_EXPORT __attribute__((visibility("default")))

namespace aio_raw {

AIO_FAULT_EXPORT void rawfault_hit(const char *point) noexcept;
AIO_FAULT_EXPORT int rawfault_errno(const char *point) noexcept;

/* Reads AIO_FAULT again and starts to count from 0. Done in every forked child. */
AIO_FAULT_EXPORT void rawfault_reload() noexcept;
/* Takes \a spec instead, in this process; null: nothing. False: it cannot be read, and nothing is armed. */
AIO_FAULT_EXPORT bool rawfault_arm(const char *spec) noexcept;
/* How many hits were counted since then: in count mode of all points, else of those that the spec names. */
AIO_FAULT_EXPORT unsigned rawfault_hits() noexcept;
/* Has the name of the point at which this process acts written to \a buffer of \a size bytes; it may be shared memory. */
AIO_FAULT_EXPORT void rawfault_report(char *buffer, unsigned size) noexcept;

} // namespace aio_raw

#else

#define AIO_FAULT_POINT(point) static_cast<void>(0)
#define AIO_FAULT_ERRNO(point) 0

namespace aio_raw {

inline void rawfault_reload() noexcept {}
inline bool rawfault_arm(const char *) noexcept { return false; }
inline unsigned rawfault_hits() noexcept { return 0; }
inline void rawfault_report(char *, unsigned) noexcept {}

} // namespace aio_raw

#endif

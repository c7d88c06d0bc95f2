// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

/*
 * Descriptors that are close-on-exec from the beginning, as far as the system can do that: where it cannot, a process that another
 * thread starts at that moment inherits them.
 */
namespace aio_raw {

/* Two connected local sockets of \a type (SOCK_STREAM, ...). False with errno set. */
bool openSockets(int type, int (&ends)[2]) noexcept;
/* A pipe, which is read at its first end. False with errno set. */
bool openPipe(int (&ends)[2]) noexcept;
/* A directory, to go to only (fchdir()); -1 with errno set. */
int openDirectory(const char *path) noexcept;
/* An empty regular file without a name; -1 with errno set. */
int openScratch() noexcept;

} // namespace aio_raw

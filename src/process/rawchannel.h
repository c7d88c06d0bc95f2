// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

/*
 * The three descriptors between a process and its worker. The briefing is memory with what the worker needs to know, complete
 * before the worker starts, so that its parent may block or be busy right afterwards. The channel carries the worker's frames
 * back. The lifeline carries nothing: it only tells the kernel that the worker is to be killed when the parent's end
 * closes, however the parent ended.
 */
namespace aio_raw {

/* One end for the parent (non-blocking) and one for the worker (blocking), both close-on-exec. */
struct SocketPair
{
    int parent = -1;
    int worker = -1;
};

enum class SocketKind { Stream, Messages };

/* False with errno set when there is no pair to be had. */
bool openSocketPair(SocketPair &pair, SocketKind kind = SocketKind::Stream) noexcept;

/* A pipe: \a pair.parent is the end that \a parentReads or else writes, \a pair.worker the other one. As above. */
bool openPipe(SocketPair &pair, bool parentReads) noexcept;

/* A close-on-exec copy of \a descriptor, or of /dev/null where that is closed; -1 with errno set. */
int duplicate(int descriptor) noexcept;

/* A close-on-exec descriptor of memory that holds \a data, to be read from its beginning; -1 with errno set. */
int openMemory(const void *data, std::size_t size) noexcept;

/* A close-on-exec descriptor of a directory, for fchdir(); -1 with errno set. */
int openWorkingDirectory(const char *path) noexcept;

/* Closes \a descriptor unless it is -1, and makes it -1. */
void closeDescriptor(int &descriptor) noexcept;

/* Whether \a descriptor is a connected local socket, as the ends of a pair are. */
bool isLocalSocket(int descriptor) noexcept;

/* Whether \a descriptor is a regular file, as memory is. */
bool isRegularFile(int descriptor) noexcept;

/* Lets \a descriptor through exec. Async-signal-safe. */
bool keepOnExec(int descriptor) noexcept;
bool closeOnExec(int descriptor) noexcept;

/* Whether the other end of \a descriptor is closed. */
bool isPeerGone(int descriptor) noexcept;

enum class Transfer { Done, Again, Gone };

/* Blocking, whole: Done or Gone (end of file, an error). */
Transfer sendAll(int socket, const void *data, std::size_t size) noexcept;
/*
 * The same for a few KiB that may be lost: Again, with nothing sent, when the other end has not taken what came before. That leaves
 * room for what must not be lost.
 */
Transfer sendAllNow(int socket, const void *data, std::size_t size) noexcept;
Transfer readAll(int file, void *data, std::size_t size) noexcept;

/* Not blocking, what comes: \a moved is the number of bytes. Again: nothing comes now. */
Transfer receiveSome(int socket, void *data, std::size_t size, std::size_t &moved) noexcept;

/* The same for a descriptor that is non-blocking by itself, as the parent's end of a pipe. Writing never raises SIGPIPE. */
Transfer readSome(int descriptor, void *data, std::size_t size, std::size_t &moved) noexcept;
Transfer writeSome(int descriptor, const void *data, std::size_t size, std::size_t &moved) noexcept;

} // namespace aio_raw

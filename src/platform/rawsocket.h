// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/*
 * What systems do differently about stream sockets. All descriptors are non-blocking and close-on-exec, the latter as far as the
 * system can do that at once.
 */
namespace aio_raw {

/* A socket of \a family (AF_UNIX, AF_INET ...); -1 with errno set. */
int openStreamSocket(int family) noexcept;
/* Two that are connected. False with errno set. */
bool openStreamPair(int (&ends)[2]) noexcept;
/* The next connection to \a listening; -1 with errno set, EAGAIN when there is none. */
int acceptStream(int listening) noexcept;

/*
 * Whether whoever is at the other end of the local socket \a socket is this user. Where the system does not tell, that is left to the
 * permissions of the socket's file.
 */
bool isPeerThisUser(int socket) noexcept;
/* The process that has connected \a socket; 0: it is elsewhere, or the system does not tell. */
std::int32_t peerProcess(int socket) noexcept;
/* Whether the other end of \a socket is closed, as far as that has become known here; bytes may have come before. */
bool isHungUp(int socket) noexcept;

/* Sends the \a size bytes at \a data, at most one page, along with a copy of \a descriptor. False with errno set. */
bool sendDescriptor(int socket, int descriptor, const void *data, std::size_t size) noexcept;
/*
 * Receives \a size bytes to \a data, and the descriptor that came along. -1 with errno set; what came that nobody asked for is closed.
 * ENODATA: none came along. EPIPE: the other end is closed.
 */
int receiveDescriptor(int socket, void *data, std::size_t size) noexcept;

} // namespace aio_raw

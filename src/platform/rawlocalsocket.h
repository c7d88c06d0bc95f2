// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/*
 * Local sockets for the generic backend: plain descriptors, since those who wait at them may have no event loop, which
 * QLocalSocket and QLocalServer need.
 */
namespace aio_raw {

enum class LocalSocket { Datagram, Stream };

/* A non-blocking, close-on-exec descriptor; -1 with errno set. */
int openLocalSocket(LocalSocket kind) noexcept;
/* The same, bound to \a path, which is only for this user. ENAMETOOLONG: a path of more than about a hundred bytes. */
int bindLocalSocket(LocalSocket kind, const std::string &path) noexcept;
/* False with errno set. */
bool connectLocalSocket(int socket, const std::string &path) noexcept;
/* A datagram to \a path. Whatever fails fails quietly: no room means that there are some already. */
void sendDatagram(int socket, const std::string &path) noexcept;
/* As of a descriptor from accept(). */
void prepareAccepted(int descriptor) noexcept;

} // namespace aio_raw

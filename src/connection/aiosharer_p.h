// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiohandle.h>

#include <QByteArray>

namespace aio_detail {

/* A socket on its way to another process. */
struct SharedSocket
{
    int descriptor = -1;
    int lock = -1;              // the lock file of a listener
    QByteArray facts;           // what else makes a connection, or a listener, of it

    void close();
};

/*
 * Gives sockets to other processes of this user. They lie ready until somebody comes with the handle, which is good for one time, or
 * ten minutes have passed. While any lie there, a thread waits for who comes.
 */

/* Gives \a socket, whose descriptors are taken over, away as a handle of \a kind. Throws AioException, and then closes them. */
AioHandle shareSocket(AioHandle::Kind kind, SharedSocket socket);
/* Fetches what \a handle, of \a kind, stands for, from whatever process. Throws AioException: NotFound when it is not there (any more). */
SharedSocket fetchSocket(AioHandle::Kind kind, const AioHandle &handle);

} // namespace aio_detail

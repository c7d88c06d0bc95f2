// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiohandle.h>

#include <cstdint>

namespace aio_detail {

/* What goes along with the descriptor of a connection. */
struct SharedConnection
{
    int descriptor = -1;
    std::uint8_t isReadable = 1;
    std::uint8_t isWritable = 1;
    std::uint8_t isTrusted = 0;
    std::uint8_t codec = 0;
    std::int64_t limit = 0;
    std::int64_t highWater = 0;
};

/*
 * Gives connections to other processes of this user. They lie ready until somebody comes with the handle, which is good for one time, or
 * ten minutes have passed. While any lie there, a thread waits for who comes.
 */

/* Gives \a connection, whose descriptor is taken over, away. Throws AioException. */
AioHandle shareConnection(const SharedConnection &connection);
/* Fetches what \a handle stands for, from whatever process. Throws AioException: NotFound when it is not there (any more). */
SharedConnection fetchConnection(const AioHandle &handle);

} // namespace aio_detail

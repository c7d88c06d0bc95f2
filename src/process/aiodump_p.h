// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

namespace aio_detail {

/*
 * With AIO_DUMP set in the environment: from now on SIGUSR1 has this process write AioContext::dump() of all its contexts to
 * its standard error, whatever its threads wait for. Without it, nothing: the signal is the program's own.
 */
AIOPROCESSING_EXPORT void dumpOnSignalIfWanted();

} // namespace aio_detail

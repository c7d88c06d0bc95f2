// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

namespace aio_detail {

/*! Warns, once for each \a operation, when the calling thread is the one of a graphical user interface. */
void warnIfGuiThread(const char *operation);

} // namespace aio_detail

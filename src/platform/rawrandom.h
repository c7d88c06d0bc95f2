// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

namespace aio_raw {

/* Random bytes from the kernel. */
void randomBytes(void *data, unsigned size) noexcept;

} // namespace aio_raw

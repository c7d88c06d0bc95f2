// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/rawbytes.h"

namespace aio_raw {

static_assert(sizeof(float) == 4 && sizeof(double) == 8, "the encodings assume IEEE 754 sizes");
static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big);

} // namespace aio_raw

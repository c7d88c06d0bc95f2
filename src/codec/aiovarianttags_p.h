// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiotags_impl.h>

#include <QDataStream>

#include <cstdint>

namespace aio_detail {

constexpr std::uint32_t nullLength = 0xffffffffu;
constexpr auto variantStreamVersion = QDataStream::Qt_6_0;

/* Of a QDateTime; part of the format. */
enum class DateTimeKind : std::uint8_t { Local = 1, Utc = 2, Offset = 3 };

} // namespace aio_detail

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QDataStream>

#include <cstdint>

namespace aio_detail {

// The tag bytes of aiovariantcodec_p.h. Part of the format: never change the meaning of one, only add.
enum class VariantTag : std::uint8_t {
    Invalid = 0x00,
    False = 0x01,
    True = 0x02,
    Char = 0x03,
    SChar = 0x04,
    UChar = 0x05,
    Short = 0x06,
    UShort = 0x07,
    Int = 0x08,
    UInt = 0x09,
    Long = 0x0a,
    ULong = 0x0b,
    LongLong = 0x0c,
    ULongLong = 0x0d,
    Float = 0x10,
    Double = 0x11,
    String = 0x18,
    ByteArray = 0x19,
    List = 0x20,
    Map = 0x21,
    Hash = 0x22,
    StringList = 0x23,
    Streamed = 0x7f
};

constexpr std::uint32_t nullLength = 0xffffffffu;
constexpr auto variantStreamVersion = QDataStream::Qt_6_0;

} // namespace aio_detail

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

// How a value of one C++ type becomes the bytes of a message without a QVariant in between, and back. Do not include this
// directly: include <AioProcessing/AioQueue>.

#include <QMetaType>
#include <QtEndian>

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace aio_detail {

// The tag bytes of the library's encoding. Part of the format: never change the meaning of one, only add.
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
    DateTime = 0x28,
    Handle = 0x29,
    Streamed = 0x7f
};

/*! Marked by AIO_DECLARE_RAW. */
template<class T>
struct IsRaw : std::false_type {};

/*! The tag of the numbers, which every process knows; Invalid for every other type. */
template<class T>
constexpr VariantTag numberTag()
{
    if constexpr (std::is_same_v<T, bool>) return VariantTag::True;
    else if constexpr (std::is_same_v<T, char>) return VariantTag::Char;
    else if constexpr (std::is_same_v<T, signed char>) return VariantTag::SChar;
    else if constexpr (std::is_same_v<T, unsigned char>) return VariantTag::UChar;
    else if constexpr (std::is_same_v<T, short>) return VariantTag::Short;
    else if constexpr (std::is_same_v<T, unsigned short>) return VariantTag::UShort;
    else if constexpr (std::is_same_v<T, int>) return VariantTag::Int;
    else if constexpr (std::is_same_v<T, unsigned int>) return VariantTag::UInt;
    else if constexpr (std::is_same_v<T, long>) return VariantTag::Long;
    else if constexpr (std::is_same_v<T, unsigned long>) return VariantTag::ULong;
    else if constexpr (std::is_same_v<T, long long>) return VariantTag::LongLong;
    else if constexpr (std::is_same_v<T, unsigned long long>) return VariantTag::ULongLong;
    else if constexpr (std::is_same_v<T, float>) return VariantTag::Float;
    else if constexpr (std::is_same_v<T, double>) return VariantTag::Double;
    else return VariantTag::Invalid;
}

template<class T>
constexpr bool isNumber = numberTag<T>() != VariantTag::Invalid;

/*! Types of which a message holds the bytes as they are. */
template<class T>
constexpr bool isPlain = isNumber<T> || (IsRaw<T>::value && std::is_trivially_copyable_v<T>);

constexpr std::size_t largestTypeName = 128;

/*! How many bytes writePlain() writes at most. */
template<class T>
constexpr std::size_t plainBytes = isNumber<T> ? 1 + sizeof(T) : 1 + 4 + largestTypeName + 4 + sizeof(T);

/*! The message of \a value, in \a out; returns its size, 0 when the name of the type is too long. */
template<class T>
std::size_t writePlain(const T &value, char *out)
{
    if constexpr (std::is_same_v<T, bool>) {
        *out = char(value ? VariantTag::True : VariantTag::False);
        return 1;
    } else if constexpr (isNumber<T>) {
        constexpr std::size_t wide = std::is_same_v<T, long> || std::is_same_v<T, unsigned long> ? 8 : sizeof(T);
        *out = char(numberTag<T>());
        if constexpr (wide == sizeof(T))
            qToLittleEndian<T>(value, out + 1);
        else
            qToLittleEndian<std::conditional_t<std::is_signed_v<T>, qint64, quint64>>(value, out + 1);
        return 1 + wide;
    } else {
        const char *name = QMetaType::fromType<T>().name();
        const std::size_t length = std::strlen(name);
        if (length > largestTypeName)
            return 0;
        *out = char(VariantTag::Streamed);
        qToLittleEndian<quint32>(quint32(length), out + 1);
        std::memcpy(out + 5, name, length);
        qToLittleEndian<quint32>(quint32(sizeof(T)), out + 5 + length);
        std::memcpy(out + 9 + length, &value, sizeof(T));
        return 9 + length + sizeof(T);
    }
}

/*! Reads the message \a bytes of \a size; false: it is not that of a T. */
template<class T>
bool readPlain(const char *bytes, std::size_t size, T &value)
{
    if constexpr (std::is_same_v<T, bool>) {
        value = size == 1 && bytes[0] == char(VariantTag::True);
        return value || (size == 1 && bytes[0] == char(VariantTag::False));
    } else {
        char expected[plainBytes<T> + 8];
        const std::size_t length = writePlain(T(), expected);
        if constexpr (isNumber<T>) {
            if (size != length || bytes[0] != expected[0])
                return false;
            if constexpr (std::is_same_v<T, long> || std::is_same_v<T, unsigned long>)
                value = T(qFromLittleEndian<std::conditional_t<std::is_signed_v<T>, qint64, quint64>>(bytes + 1));
            else
                value = qFromLittleEndian<T>(bytes + 1);
            return true;
        } else {
            // all but the value itself is the same in each message of a type
            if (length == 0 || size != length || std::memcmp(bytes, expected, length - sizeof(T)) != 0)
                return false;
            std::memcpy(&value, bytes + length - sizeof(T), sizeof(T));
            return true;
        }
    }
}

} // namespace aio_detail

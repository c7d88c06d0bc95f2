// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

/*
 * Numbers as little-endian or big-endian bytes, and a reader that never steps over the end of what it was given. Qt-free, so that the
 * parsers built on it can be fuzzed alone.
 */
namespace aio_raw {

template<class T>
concept Scalar = std::is_arithmetic_v<T>;

/* \a value with its bytes in the other order. */
template<Scalar T>
T swapped(T value) noexcept
{
    unsigned char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    for (std::size_t i = 0; i < sizeof(T) / 2; ++i) {
        const unsigned char byte = bytes[i];
        bytes[i] = bytes[sizeof(T) - 1 - i];
        bytes[sizeof(T) - 1 - i] = byte;
    }
    std::memcpy(&value, bytes, sizeof(T));
    return value;
}

/* The bytes of \a value in little-endian order; a no-op on most machines. */
template<Scalar T>
T littleEndian(T value) noexcept
{
    if constexpr (std::endian::native == std::endian::big)
        return swapped(value);
    return value;
}

/* The bytes of \a value in big-endian order, which is that of Python's frames. */
template<Scalar T>
T bigEndian(T value) noexcept
{
    if constexpr (std::endian::native == std::endian::little)
        return swapped(value);
    return value;
}

/* Writes \a value to \a to, which has room for sizeof(T) bytes and any alignment. */
template<Scalar T>
void storeLittle(T value, void *to) noexcept
{
    value = littleEndian(value);
    std::memcpy(to, &value, sizeof(T));
}

template<Scalar T>
T loadLittle(const void *from) noexcept
{
    T value;
    std::memcpy(&value, from, sizeof(T));
    return littleEndian(value);
}

template<Scalar T>
void storeBig(T value, void *to) noexcept
{
    value = bigEndian(value);
    std::memcpy(to, &value, sizeof(T));
}

template<Scalar T>
T loadBig(const void *from) noexcept
{
    T value;
    std::memcpy(&value, from, sizeof(T));
    return bigEndian(value);
}

/*
 * Reads from bytes that may end anywhere. The first read that does not fit makes the reader fail, and every read after it
 * returns zero or null, so a parser may check once after several reads.
 */
class ByteReader
{
public:
    ByteReader(const void *data, std::size_t size) noexcept
        : m_at(static_cast<const char *>(data)), m_left(size) {}

    bool failed() const noexcept { return m_failed; }
    std::size_t left() const noexcept { return m_left; }

    /* Marks what was read so far as nonsense; the reader gives nothing more. */
    void fail() noexcept { m_failed = true; m_left = 0; }

    /* The next \a size bytes inside the input, or null. */
    const char *bytes(std::size_t size) noexcept
    {
        if (m_failed || size > m_left) {
            fail();
            return nullptr;
        }
        const char *here = m_at;
        m_at += size;
        m_left -= size;
        return here;
    }

    template<Scalar T>
    T number() noexcept
    {
        const char *here = bytes(sizeof(T));
        return here ? loadLittle<T>(here) : T();
    }

    /*
     * A count of things of at least \a minimumSize bytes each. A count that cannot fit into what is left fails, so that
     * nothing is ever allocated on the word of a hostile number.
     */
    std::uint32_t count(std::size_t minimumSize) noexcept
    {
        const auto n = number<std::uint32_t>();
        if (n <= m_left / minimumSize)
            return n;
        fail();
        return 0;
    }

private:
    const char *m_at;
    std::size_t m_left;
    bool m_failed = false;
};

} // namespace aio_raw

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Any bytes as messages that follow each other.
#include "codec/rawmessageframe.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    using namespace aio_raw;
    constexpr std::uint64_t limit = 1u << 20;
    while (size > 0) {
        const MessageHeader header = loadMessageHeader(data, size, limit);
        if (header.state != MessageHeader::Complete)
            break;
        if (header.size > size || header.length > limit)
            std::abort();
        char again[maxMessageHeader];
        const std::size_t stored = storeMessageHeader(header.length, again);
        const MessageHeader same = loadMessageHeader(again, stored, limit);
        if (same.state != MessageHeader::Complete || same.length != header.length || same.size != stored)
            std::abort();
        const std::uint64_t left = size - header.size;
        if (header.length > left)
            break;
        data += header.size + header.length;
        size -= header.size + std::size_t(header.length);
    }
    return 0;
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Any bytes in shared memory, beneath which processes wait: four say what is changed, and how.
#include "brokenarena.h"

#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    BrokenArena arena;
    const auto regions = arena.regions();
    for (; size >= 4; data += 4, size -= 4) {
        const BrokenArena::Region &region = regions[data[0] % regions.size()];
        const std::size_t place = (data[1] | std::size_t(data[2]) << 8) % region.size;
        region.begin[place] = char(static_cast<unsigned char>(region.begin[place]) ^ data[3]);
    }
    ::alarm(20);        // whoever works for ever is found
    arena.use();
    ::alarm(0);
    return 0;
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Rubbish in shared memory: whatever byte is changed, nobody crashes, works for ever or touches memory outside of it.

#include "brokenarena.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// What becomes of a process that uses the arena after one byte has been changed: its wait status.
int useChanged(BrokenArena &arena, char &byte, unsigned change)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(10);
        byte = char(static_cast<unsigned char>(byte) ^ change);
        arena.use();
        ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

// The same ones each time.
std::vector<unsigned> changesOf(std::size_t offset)
{
    if (::getenv("AIO_TEST_ALL"))
        return {0xff, 1, 2, 4, 8, 16, 32, 64, 128};
    return {offset % 3 == 0 ? 0xffu : 1u << (offset * 5 + offset / 8) % 8};
}

} // namespace

// Each byte in turn, with one bit changed or all of them; with AIO_TEST_ALL=1 with each of them. The arguments: a region and a place in it.
int main(int argc, char **argv)
{
    BrokenArena arena;
    int failures = 0;
    int cases = 0;
    const auto regions = arena.regions();
    for (const BrokenArena::Region &region : regions) {
        if (argc > 1 && std::strcmp(argv[1], region.name) != 0)
            continue;
        for (std::size_t i = 0; i < region.size && failures < 40; ++i) {
            if (argc > 2 && i != std::size_t(std::atoi(argv[2])))
                continue;
            for (const unsigned change : changesOf(i)) {
                const int status = useChanged(arena, region.begin[i], change);
                ++cases;
                if (status == 0)
                    continue;
                ++failures;
                std::fprintf(stderr, "FAIL: byte %zu of \"%s\" (at %p), changed by %#x: %s %d\n", i, region.name,
                             static_cast<void *>(region.begin + i), change, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit",
                             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            }
        }
    }
    std::printf("%d changes of a byte, %d of which were not survived\n", cases, failures);
    return failures == 0 && cases > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

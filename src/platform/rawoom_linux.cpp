// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawoom.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace aio_raw {

namespace {

// The beginning of a small file; empty when it cannot be read.
template<std::size_t Size>
void readText(const char *path, char (&text)[Size]) noexcept
{
    text[0] = 0;
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    const ssize_t got = ::read(file, text, Size - 1);
    ::close(file);
    text[got > 0 ? got : 0] = 0;
}

// The number behind \a name at the begin of a line.
std::optional<std::uint64_t> numberIn(const char *text, const char *name) noexcept
{
    const std::size_t length = std::strlen(name);
    for (const char *line = text; line && *line; line = std::strchr(line, '\n')) {
        line += *line == '\n';
        if (std::strncmp(line, name, length) == 0 && line[length] == ' ')
            return std::strtoull(line + length, nullptr, 10);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> killsIn(const char *path) noexcept
{
    char text[16384];    // vmstat is long
    readText(path, text);
    return numberIn(text, "oom_kill");
}

// "4:memory:/path" of version 1 or "0::/path" of version 2: the path, ended by a zero; null when there is no such line.
char *pathIn(char *text, const char *controller) noexcept
{
    char *found = std::strstr(text, controller);
    if (!found)
        return nullptr;
    found += std::strlen(controller);
    if (char *end = std::strchr(found, '\n'))
        *end = 0;
    return found;
}

bool use(OomWatch &watch, const char *mount, const char *path, const char *file) noexcept
{
    const int length = std::snprintf(watch.file, sizeof watch.file, "%s%s%s", mount, path, file);
    if (length < 0 || length >= int(sizeof watch.file))
        return false;
    const auto kills = killsIn(watch.file);
    watch.kills = kills.value_or(0);
    return kills.has_value();
}

} // namespace

void watchOom(std::int32_t pid, OomWatch &watch) noexcept
{
    struct Version { const char *line; const char *mount; const char *file; };
    static constexpr Version versions[] = {{":memory:", "/sys/fs/cgroup/memory", "/memory.oom_control"},
                                           {"0::", "/sys/fs/cgroup", "/memory.events"}};
    char name[32];
    std::snprintf(name, sizeof name, "/proc/%d/cgroup", pid);
    for (const Version &version : versions) {
        char text[4096];
        readText(name, text);
        const char *path = pathIn(text, version.line);
        // In a container the path may be the host's, and what is mounted is the container's own cgroup.
        if (path && (use(watch, version.mount, path, version.file) || use(watch, version.mount, "", version.file)))
            return;
    }
    if (!use(watch, "/proc/vmstat", "", ""))
        watch.file[0] = 0;
}

bool hasOomKill(const OomWatch &watch) noexcept
{
    if (!watch.file[0])
        return false;
    return killsIn(watch.file).value_or(0) > watch.kills;
}

} // namespace aio_raw

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "platform/rawprocess.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/*
 * Hears of the ends of other processes, and of those who ring at the doorbell for arrivals. Its owner lets one thread at a time do
 * anything but sleep() and descriptor().
 */
namespace aio_raw {

class RawWatch
{
public:
    /* How the caller calls a process. */
    using Tag = std::uint64_t;
    enum Added {
        Watching,
        HasEnded,
        NotNow,         // there is no descriptor to be had
    };
    struct News
    {
        bool rung = false;
        std::vector<Tag> ended;
    };

    RawWatch();
    ~RawWatch();
    RawWatch(const RawWatch &) = delete;

    /* Begins, with the doorbell in \a home. False with errno set. */
    bool open(const std::string &home) noexcept;
    bool isOpen() const noexcept;
    /* Readable when there is news. -1: the backend has no such thing, and a thread must sleep(). */
    int descriptor() const noexcept;
    /* Sleeps until there may be news. */
    void sleep() noexcept;
    /* What has happened since. Each end is told once. */
    News take() noexcept;

    Added add(Tag tag, const ProcessIdentity &who, Homes &homes) noexcept;
    void remove(Tag tag) noexcept;

private:
    struct Private;
    const std::unique_ptr<Private> d;
};

} // namespace aio_raw

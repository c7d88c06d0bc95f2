// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawsleep.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>
#include <poll.h>
#include <vector>

namespace aio_raw::RawSleep {
namespace {

// A thread needs one, but for tests in which it plays several processes.
struct OwnDoorbell
{
    std::uint8_t entry[16];
    std::uint32_t number = NoDoorbell;
    RawDoorbell bell;
};
thread_local std::vector<std::unique_ptr<OwnDoorbell>> t_doorbells;

// In milliseconds, rounded up: a deadline never comes early.
int timeLeft(Nanoseconds deadline) noexcept
{
    if (deadline == Never)
        return -1;
    const Nanoseconds left = std::max<Nanoseconds>(0, deadline - now());
    return int(std::min<Nanoseconds>((left + 999'999) / 1'000'000, INT_MAX));
}

} // namespace

bool prepare(Homes &homes, const std::uint8_t (&entry)[16], std::uint32_t &number) noexcept
{
    for (const auto &own : t_doorbells) {
        if (std::memcmp(own->entry, entry, sizeof entry) == 0) {
            number = own->number;
            return true;
        }
    }
    auto own = std::make_unique<OwnDoorbell>();
    std::memcpy(own->entry, entry, sizeof entry);
    own->number = number = newDoorbellNumber();
    if (!own->bell.open(homes.home(entry), number))
        return false;
    t_doorbells.push_back(std::move(own));
    return true;
}

bool sleep(const std::atomic<std::uint32_t> &word, std::uint32_t expected, Nanoseconds deadline, std::uint32_t number) noexcept
{
    const auto own = std::find_if(t_doorbells.begin(), t_doorbells.end(), [=](const auto &one) { return one->number == number; });
    if (own == t_doorbells.end() || word.load() != expected)
        return true;
    pollfd entry{(*own)->bell.descriptor(), POLLIN, 0};
    const int count = ::poll(&entry, 1, timeLeft(deadline));
    if (count > 0)
        (*own)->bell.silence();
    return count != 0 || now() < deadline;
}

bool wake(const std::atomic<std::uint32_t> &) noexcept
{
    return false;
}

} // namespace aio_raw::RawSleep

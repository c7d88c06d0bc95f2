// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

/*
 * Doorbells. A doorbell is what a thread watches for others, of whatever process, to ring: a descriptor for its event loop or for
 * poll(). It lies in the home of its process, which is the process's entry in the runtime directory, under a number.
 */
namespace aio_raw {

/* Where processes have their homes. */
class Homes
{
public:
    virtual ~Homes() = default;
    /* The directory of the process whose entry is called \a entry. */
    virtual std::string home(const std::uint8_t (&entry)[16]) noexcept = 0;
};

/* The doorbell at which a process hears of others that come; all others have a number of newDoorbellNumber(). */
inline constexpr unsigned ArrivalsDoorbell = 0;
unsigned newDoorbellNumber() noexcept;
std::string doorbellPath(const std::string &home, unsigned number);

class RawDoorbell
{
public:
    RawDoorbell() = default;
    ~RawDoorbell() { close(); }
    RawDoorbell(const RawDoorbell &) = delete;

    /* False with errno set. */
    bool open(const std::string &home, unsigned number) noexcept;
    /* Also takes it out of the home, but not in a child that was forked from its process. */
    void close() noexcept;
    /* Readable from a ring until silence(); close-on-exec. -1: it is not open. */
    int descriptor() const noexcept { return m_descriptor; }
    /* Whether it had been rung. */
    bool silence() noexcept;
    /* What others do, for a thread of this process. Any thread. */
    void ring() noexcept;

private:
    std::string m_path;
    int m_descriptor = -1;
    std::int64_t m_pid = 0;
};

/* Rings the doorbells of other processes. Never waits, and never fails in a way that matters: who is dead hears nothing. */
class RawRinger
{
public:
    explicit RawRinger(Homes &homes);
    ~RawRinger();
    RawRinger(const RawRinger &) = delete;

    /* Sets aside what ringing needs when there are no descriptors left. \a entry is that of this process. */
    void reserve(const std::uint8_t (&entry)[16]) noexcept;
    /* Any thread. \a owner stands for the process whose entry is \a entry. */
    void ring(std::uint32_t owner, const std::uint8_t (&entry)[16], unsigned number) noexcept;
    /* Lets go of what is kept for \a owner, who is dead. */
    void forget(std::uint32_t owner) noexcept;

private:
    struct Private;
    const std::unique_ptr<Private> d;
};

} // namespace aio_raw

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/rawqueue.h"
#include "shm/rawarena.h"
#include "sync/rawlot.h"
#include "sync/rawwait.h"

/*
 * A small world for tests of the core: one arena in memory that forked processes, or threads that play processes, share.
 * Without Qt.
 */
namespace world {

using namespace aio_raw;

/* An arena of one segment in anonymous shared memory. The homes of its processes lie in a directory that goes with the program. */
class SharedSource final : public SegmentSource
{
public:
    SharedSource();
    ~SharedSource() override;
    char *base() const { return m_base; }

    char *map(unsigned, std::uint64_t) noexcept override { return nullptr; }
    char *create(unsigned, std::uint64_t &) noexcept override { return nullptr; }
    void discard(unsigned, std::uint64_t) noexcept override { }
    std::string home(const std::uint8_t (&entry)[16]) noexcept override;

private:
    char *m_base = nullptr;
};

/* The name of a process's home. */
struct MemberEntry { std::uint8_t id[16]; };

/* What one process has of the arena. Forked processes make their own; threads may play processes. */
class Member
{
public:
    Member(SharedSource &source, const char *name);
    ~Member();

    RawArena arena;
    RawLot lot;
    RawNodePool nodes;

private:
    const MemberEntry m_entry;
    int m_life = -1;        // the lock in its home
};

/* A cell of \a kind without anything beside it, open for \a member. */
Address make(Member &member, Cell::Kind kind);
/* Opens \a cell for \a member, too. */
void attach(Member &member, Address cell, Cell::Kind kind);

/* Does \a operation, waiting if need be; false when \a timeout has passed. */
bool complete(Member &member, RawOperation &operation, Nanoseconds timeout = Never);

// -- messages that show whether they are whole: each repeats its number, every third is a large one

constexpr std::size_t LargeMessage = 700;

/* The message of \a number in \a bytes; returns its size. */
std::size_t numberMessage(std::uint32_t number, char (&bytes)[LargeMessage]);
/* False: the queue is shut down. */
bool put(Member &member, Address queue, std::uint32_t number);

class GetNumber final : public RawQueue::Get
{
public:
    using Get::Get;
    std::uint32_t number = 0;
    bool torn = false;

protected:
    bool receive(const char *data, std::size_t size, bool isBlock) noexcept override;
};

} // namespace world

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "rawworld.h"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace world {

SharedSource::SharedSource()
    : m_base(static_cast<char *>(::mmap(nullptr, SegmentBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)))
{
    const std::uint8_t identity[16] = {1};
    RawArena::format(m_base, identity, SegmentBytes);
    for (auto &ends : m_pipes) {
        if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
            std::abort();
    }
}

SharedSource::~SharedSource()
{
    ::munmap(m_base, SegmentBytes);
    for (auto &ends : m_pipes) {
        ::close(ends[0]);
        ::close(ends[1]);
    }
}

void SharedSource::ring(Owner, const std::uint8_t (&)[16], unsigned number) noexcept
{
    [[maybe_unused]] const ssize_t written = ::write(m_pipes[number][1], "", 1);
}

Member::Member(SharedSource &source, const char *name) : arena(source), lot(arena), nodes((arena.open(source.base()), arena), 0)
{
    const std::uint8_t entry[16] = {1};
    if (!arena.join(entry, name))
        std::abort();
}

Address make(Member &member, Cell::Kind kind)
{
    const Address cell = member.arena.createCell(kind);
    member.arena.publishCell(cell);
    return cell;
}

void attach(Member &member, Address cell, Cell::Kind kind)
{
    if (!member.arena.attachCell(member.arena.handleOf(cell), kind))
        std::abort();
}

bool complete(Member &member, RawOperation &operation, Nanoseconds timeout)
{
    if (operation.attempt())
        return true;
    RawWait wait(operation, member.nodes);
    return wait.block(timeout == Never ? Never : now() + timeout) == RawWait::Completed;
}

std::size_t numberMessage(std::uint32_t number, char (&bytes)[LargeMessage])
{
    const std::size_t size = number % 3 == 0 ? sizeof bytes : sizeof number;
    for (std::size_t i = 0; i < size; i += sizeof number)
        std::memcpy(bytes + i, &number, sizeof number);
    return size;
}

bool put(Member &member, Address queue, std::uint32_t number)
{
    char bytes[LargeMessage];
    RawQueue::Put operation(member.lot, queue, bytes, numberMessage(number, bytes));
    return complete(member, operation) && operation.outcome() == RawQueue::Outcome::Done;
}

bool GetNumber::receive(const char *data, std::size_t size, bool) noexcept
{
    std::memcpy(&number, data, sizeof number);
    torn = size != (number % 3 == 0 ? LargeMessage : sizeof number);
    for (std::size_t i = 0; i < size; i += sizeof number)
        torn |= std::memcmp(data + i, &number, sizeof number) != 0;
    return true;
}

} // namespace world

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "rawworld.h"

#include "platform/rawprocess.h"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace world {
namespace {

// Made before the first fork, and removed by the process that made it.
class Directory
{
public:
    Directory()
    {
        if (!::mkdtemp(m_path))
            std::abort();
    }
    ~Directory()
    {
        if (::getpid() == m_maker)
            std::filesystem::remove_all(m_path);
    }
    const char *path() const { return m_path; }

private:
    char m_path[32] = "/tmp/aio-world-XXXXXX";
    const pid_t m_maker = ::getpid();
};
const Directory s_homes;

MemberEntry newEntry()
{
    MemberEntry entry;
    randomBytes(entry.id, sizeof entry.id);
    return entry;
}

int openLife(const std::string &home)
{
    ::mkdir(home.c_str(), 0700);
    const int life = ::open((home + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (life < 0 || ::flock(life, LOCK_EX | LOCK_NB) != 0)
        std::abort();
    return life;
}

} // namespace

SharedSource::SharedSource()
    : m_base(static_cast<char *>(::mmap(nullptr, SegmentBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)))
{
    const std::uint8_t identity[16] = {1};
    RawArena::format(m_base, identity, SegmentBytes);
}

SharedSource::~SharedSource()
{
    ::munmap(m_base, SegmentBytes);
}

std::string SharedSource::home(const std::uint8_t (&entry)[16]) noexcept
{
    std::string path = s_homes.path() + std::string("/");
    for (const std::uint8_t byte : entry) {
        constexpr char digits[] = "0123456789abcdef";
        path += {digits[byte / 16], digits[byte % 16]};
    }
    return path;
}

Member::Member(SharedSource &source, const char *name)
    : arena(source), lot(arena), nodes((arena.open(source.base()), arena), 0), m_entry(newEntry()),
      m_life(openLife(source.home(m_entry.id)))
{
    if (!arena.join(m_entry.id, name))
        std::abort();
}

Member::~Member()
{
    ::close(m_life);
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

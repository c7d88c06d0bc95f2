// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/rawlane.h"

#include "platform/rawfault.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace aio_raw {

std::size_t LaneStream::room() const noexcept
{
    const std::uint64_t used = m_at - m_head->read.load(std::memory_order_acquire);
    return used > m_size ? 0 : std::size_t(m_size - used);
}

std::size_t LaneStream::append(const void *data, std::size_t size) noexcept
{
    size = std::min(size, room());
    const std::size_t from = std::size_t(m_at & (m_size - 1));
    const std::size_t first = std::min(size, m_size - from);
    std::memcpy(m_bytes + from, data, first);
    std::memcpy(m_bytes, static_cast<const char *>(data) + first, size - first);
    m_at += size;
    return size;
}

std::size_t LaneStream::available() const noexcept
{
    const std::uint64_t there = m_head->written.load(std::memory_order_acquire) - m_at;
    return std::size_t(std::min<std::uint64_t>(there, m_size));
}

const char *LaneStream::peek(std::size_t offset, std::size_t &size) const noexcept
{
    const std::size_t from = std::size_t((m_at + offset) & (m_size - 1));
    size = std::min(size, m_size - from);
    return m_bytes + from;
}

void LaneStream::copy(std::size_t offset, void *to, std::size_t size) const noexcept
{
    std::size_t first = size;
    const char *bytes = peek(offset, first);
    std::memcpy(to, bytes, first);
    if (first < size)
        std::memcpy(static_cast<char *>(to) + first, m_bytes, size - first);
}

void Lane::make(char *memory) noexcept
{
    std::memset(memory, 0, sizeof(LaneHead));
    auto *head = new (memory) LaneHead;
    head->taskBytes = TaskBytes;
    head->resultBytes = ResultBytes;
    head->version = LaneVersion;
    head->magic = LaneMagic;
}

bool Lane::isLane(const char *memory, std::size_t size) noexcept
{
    const auto *head = reinterpret_cast<const LaneHead *>(memory);
    return size >= bytes() && head->magic == LaneMagic && head->version == LaneVersion && head->taskBytes == TaskBytes
        && head->resultBytes == ResultBytes;
}

Lane::Lane(char *memory) noexcept : m_head(reinterpret_cast<LaneHead *>(memory))
{
    tasks = LaneStream(m_head->tasks, memory + sizeof(LaneHead), TaskBytes);
    results = LaneStream(m_head->results, memory + sizeof(LaneHead) + TaskBytes, ResultBytes);
}

bool Lane::begin(std::uint32_t epoch) noexcept
{
    AIO_FAULT_POINT("worker.claim");
    std::uint64_t claim = m_head->claim.load(std::memory_order_relaxed);
    do {
        if (epochOf(claim) != epoch)
            return false;
    } while (!m_head->claim.compare_exchange_weak(claim, (claim & ~std::uint64_t(UINT32_MAX)) | std::uint32_t(claim + 1)));
    AIO_FAULT_POINT("worker.claimed");
    return true;
}

std::uint32_t Lane::takeBack() noexcept
{
    return begunOf(m_head->claim.fetch_add(std::uint64_t(1) << 32));
}

} // namespace aio_raw

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawlot.h"

/*
 * Blocks that several processes hold at once, and that messages carry without a copy of what is in them.
 *
 * A block's head has a bit for each process that holds it, and the addresses of the messages that carry it: a message is a small
 * block of its own that names the shared one. A carrier is put down after the message says so, and taken off after the message is
 * gone, so whatever stands there is checked against the message itself when somebody has died; nothing is counted. Who takes a
 * shared block out of a message holds it before the message goes.
 */
namespace aio_raw {

struct SharedHead
{
    static constexpr unsigned MaxCarriers = 24;

    std::atomic<std::uint64_t> bytes;           // of what comes behind this head
    std::atomic<std::uint64_t> changes;         // counts new holders and carriers
    std::atomic<std::uint64_t> holders[MaxProcesses / 64];
    std::atomic<Address> carriers[MaxCarriers]; // 0: none
    std::uint8_t reserved[80];
};
static_assert(sizeof(SharedHead) == 4 * UnitBytes);

namespace RawBuffer {

/* A message that carries a shared block: this tag, and the block's address. */
inline constexpr char CarrierTag = 0x30;
inline constexpr std::size_t CarrierBytes = 1 + sizeof(Address);

/* Makes \a block, which is this process's and larger than a head by \a bytes, one that is shared and that this process holds. */
void share(RawLot &lot, const Block &block, std::size_t bytes) noexcept;
SharedHead *headOf(const Block &block) noexcept;
inline char *dataOf(const Block &block) noexcept { return block.data + sizeof(SharedHead); }
std::size_t bytesOf(const Block &block) noexcept;

void hold(RawLot &lot, const Block &block) noexcept;
/* This process holds it no more. */
void drop(RawLot &lot, const Block &block) noexcept;
/* Whether nobody else holds it and no message carries it. */
bool isAlone(RawLot &lot, const Block &block) noexcept;

/* Makes \a message, a block of this process, carry \a block. False: too many messages do already. */
bool carry(RawLot &lot, const Block &block, const Block &message) noexcept;
/* What the message \a data of \a size carries; none: it carries nothing. */
Block carriedBy(RawLot &lot, const char *data, std::size_t size) noexcept;
/* Gives back the block of a message, as RawLot::release(), and takes off what it carries. */
void releaseMessage(RawLot &lot, const Block &message, std::uint64_t expected) noexcept;

} // namespace RawBuffer
} // namespace aio_raw

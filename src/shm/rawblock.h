// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "shm/rawarena.h"

/*
 * The owner word of a block, one swap of which takes it or gives it back:
 *   0                                free (of a page: no payload, see rawlayout.h)
 *   {1 : 4, 0 : 28, owner : 32}      a process
 *   {2 : 4, 0 : 28, cell : 32}       part of the object in a cell
 *   {3 : 4, lap : 28, cell : 32}     a message in a queue's cell; lap: the lower bits of its position
 *   {7 : 4, lap : 28, 0 : 32}        those who are named in the block itself; lap: which of the buffers that were there
 * and of a page also
 *   {4 : 4, 0 : 28, slab : 32}       the first of a slab
 *   {5 : 4, lap : 28, page : 32}     in the run that begins at that page, the lap-th one there
 *   {6 : 4, 0 : 60}                  free
 * A message's block is given back when its position no longer holds it; so every block that a dead process left is found
 * by reading the owner words, whenever he died.
 */
namespace aio_raw {

struct Block
{
    char *data = nullptr;                       // null: no block
    std::size_t bytes = 0;
    Address address = 0;                        // the same in all processes
    std::atomic<std::uint64_t> *owner = nullptr;
    Slab *slab = nullptr;                       // null: a run of pages
};

namespace BlockOwner {
enum Kind : std::uint64_t { Nobody, Process, Object, Message, OfSlab, OfRun, Free, Shared };
constexpr std::uint64_t process(Owner owner) noexcept { return Process << 60 | owner; }
constexpr std::uint64_t object(Address cell) noexcept { return Object << 60 | cell; }
constexpr std::uint64_t message(Address cell, std::uint64_t position) noexcept
{ return Message << 60 | (position & 0xfffffff) << 32 | cell; }
constexpr std::uint64_t ofSlab(Address slab) noexcept { return OfSlab << 60 | slab; }
constexpr std::uint64_t ofRun(std::uint32_t page, std::uint32_t lap) noexcept
{ return OfRun << 60 | std::uint64_t(lap & 0xfffffff) << 32 | page; }
constexpr std::uint64_t shared(std::uint32_t lap) noexcept { return Shared << 60 | std::uint64_t(lap & 0xfffffff) << 32; }
constexpr Kind kind(std::uint64_t word) noexcept { return Kind(word >> 60); }
/* Not of a page that is no block, or not the first of one. */
constexpr bool isBlock(std::uint64_t word) noexcept
{ return kind(word) == Process || kind(word) == Object || kind(word) == Message || kind(word) == Shared; }
constexpr Address cell(std::uint64_t word) noexcept { return Address(word); }
constexpr std::uint32_t position(std::uint64_t word) noexcept { return std::uint32_t(word >> 32 & 0xfffffff); }
static_assert(Free << 60 == RawArena::FreePage);
} // namespace BlockOwner

} // namespace aio_raw

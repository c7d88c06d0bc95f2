// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawlock.h"

/*
 * Memory of a fixed size that hangs from the cell of a lock, and goes with it: a block, or a segment of its own.
 */
namespace aio_raw::RawSharedData {

/* A lock, not published yet, with \a bytes zeros for elements of a type that \a type stands for; 0: memory is out. */
Address create(RawLot &lot, std::size_t bytes, std::uint64_t type) noexcept;

/* No memory if the lock has none. It has at least the bytes it was made with; those are \a size. */
Block find(RawLot &lot, const Cell &cell, std::size_t &size) noexcept;

/* A lock, not published yet, for \a bytes in a segment that is to be named and made next; 0: memory is out. */
Address createForSegment(RawLot &lot, std::size_t bytes) noexcept;
inline void setSegment(Cell &cell, std::uint64_t nonce) noexcept { cell.detail[RawLock::DataSegment].store(nonce); }
/* The name of its segment; 0: it has none. */
inline std::uint64_t segment(const Cell &cell) noexcept { return cell.detail[RawLock::DataSegment].load(); }
inline std::size_t bytes(const Cell &cell) noexcept { return std::size_t(cell.detail[RawLock::DataBytes].load()); }

inline std::uint64_t type(const Cell &cell) noexcept { return cell.detail[RawLock::DataType].load(std::memory_order_relaxed); }

} // namespace aio_raw::RawSharedData

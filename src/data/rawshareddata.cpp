// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "data/rawshareddata.h"

#include "platform/rawfault.h"

#include <algorithm>
#include <cstring>

namespace aio_raw::RawSharedData {

Address create(RawLot &lot, std::size_t bytes, std::uint64_t type) noexcept
{
    const Address address = lot.arena().createCell(Cell::Lock);
    if (!address)
        return 0;
    Cell &cell = *lot.arena().at<Cell>(address);
    const std::size_t size = std::max<std::size_t>(bytes, 1);
    const Block block = lot.slabs().allocate(size, RawSlabs::payloadOf(size));
    if (!block.data) {
        lot.arena().freeCell(cell);
        return 0;
    }
    std::memset(block.data, 0, size);
    cell.detail[RawLock::DataType].store(type);
    cell.detail[RawLock::DataBytes].store(bytes);
    cell.detail[RawLock::Data].store(block.address);
    block.owner->store(BlockOwner::object(address));
    AIO_FAULT_POINT("data.created");
    return address;
}

Address createForSegment(RawLot &lot, std::size_t bytes) noexcept
{
    const Address address = lot.arena().createCell(Cell::Lock);
    if (!address)
        return 0;
    Cell &cell = *lot.arena().at<Cell>(address);
    cell.detail[RawLock::DataBytes].store(bytes);
    AIO_FAULT_POINT("data.named");
    return address;
}

Block find(RawLot &lot, const Cell &cell, std::size_t &size) noexcept
{
    const Block block = lot.slabs().find(Address(cell.detail[RawLock::Data].load()));
    size = bytes(cell);
    return size <= block.bytes ? block : Block();
}

} // namespace aio_raw::RawSharedData

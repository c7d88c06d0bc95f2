// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/aiosharedblock_p.h"

#include "sync/aioobject_p.h"

#include <aioprocessing/aioerror.h>

#include <map>
#include <mutex>

namespace aio_detail {

using namespace aio_raw;

namespace {

std::mutex s_mutex;
using Key = std::pair<Lot *, Address>;
std::map<Key, std::weak_ptr<SharedBlock>> &held()
{
    static auto *blocks = new std::map<Key, std::weak_ptr<SharedBlock>>;    // never destroyed: buffers may outlive main()
    return *blocks;
}

} // namespace

SharedBlock::SharedBlock(Lot &lot, const Block &block) : m_lot(lot), m_block(block), m_size(qsizetype(RawBuffer::bytesOf(block))) { }

std::shared_ptr<SharedBlock> SharedBlock::enter(Lot &lot, const Block &block)
{
    const std::shared_ptr<SharedBlock> shared(new SharedBlock(lot, block));
    held()[{&lot, block.address}] = shared;
    return shared;
}

std::size_t SharedBlock::bytesFor(qsizetype size)
{
    if (size < 0) {
        throw AioException(makeError(AioError::UsageError, QStringLiteral("a buffer of %1 bytes cannot be made").arg(size),
                                     QStringLiteral("AioBuffer::create")));
    }
    return std::size_t(size) + sizeof(SharedHead);
}

std::shared_ptr<SharedBlock> SharedBlock::make(Lot &lot, const Block &block, qsizetype size)
{
    const std::lock_guard lock(s_mutex);
    RawBuffer::share(lot.raw(), block, std::size_t(size));
    return enter(lot, block);
}

std::shared_ptr<SharedBlock> SharedBlock::create(AioContext &context, qsizetype size)
{
    const auto name = QStringLiteral("AioBuffer::create");
    const std::size_t bytes = bytesFor(size);
    RawLot &raw = OpenCell::lotFor(context);
    const Block block = raw.slabs().allocate(bytes, RawSlabs::payloadOf(bytes));
    if (!block.data && !raw.slabs().couldFit(bytes)) {
        throw AioException(makeError(AioError::TooLarge,
            QStringLiteral("a buffer of %1 bytes does not fit into the context's shared memory, whose limit is %2 bytes; use several, or "
                           "raise AioContext::setMemoryLimit()").arg(size).arg(context.memoryLimit()), name));
    }
    if (!block.data)
        throwOutOfMemory("AioBuffer::create");
    return make(Lot::of(context.arena()), block, size);
}

std::shared_ptr<SharedBlock> SharedBlock::hold(Lot &lot, const Block &block)
{
    const std::lock_guard lock(s_mutex);
    const auto known = held().find({&lot, block.address});
    if (const auto shared = known == held().end() ? nullptr : known->second.lock())
        return shared;
    RawBuffer::hold(lot.raw(), block);
    return enter(lot, block);
}

SharedBlock::~SharedBlock()
{
    const std::lock_guard lock(s_mutex);
    const auto known = held().find({&m_lot, m_block.address});
    if (known == held().end() || !known->second.expired())
        return;         // somebody has come to hold it again since the last of these went
    held().erase(known);
    if (m_lot.raw().arena().self())
        RawBuffer::drop(m_lot.raw(), m_block);
}

bool SharedBlock::isAlone() const
{
    return RawBuffer::isAlone(m_lot.raw(), m_block);
}

} // namespace aio_detail

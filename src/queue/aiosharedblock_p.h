// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/rawbuffer.h"
#include "sync/aiomonitor_p.h"

#include <aioprocessing/aiocontext.h>

#include <memory>

namespace aio_detail {

/* A shared block that this process holds, once for all the buffers that use it. */
class SharedBlock
{
public:
    /* A new one. Throws AioException. */
    static std::shared_ptr<SharedBlock> create(AioContext &context, qsizetype size);
    /* What a block needs for \a size bytes. Throws AioException (UsageError). */
    static std::size_t bytesFor(qsizetype size);
    /* Makes one of \a block, which is this process's. */
    static std::shared_ptr<SharedBlock> make(Lot &lot, const aio_raw::Block &block, qsizetype size);
    /* Holds \a block of \a lot, that somebody else holds or a message carries. */
    static std::shared_ptr<SharedBlock> hold(Lot &lot, const aio_raw::Block &block);
    ~SharedBlock();
    Q_DISABLE_COPY_MOVE(SharedBlock)

    Lot &lot() const { return m_lot; }
    const aio_raw::Block &raw() const { return m_block; }
    char *data() const { return aio_raw::RawBuffer::dataOf(m_block); }
    qsizetype size() const { return m_size; }
    /* Whether another process holds it, or a message carries it. */
    bool isAlone() const;

private:
    SharedBlock(Lot &lot, const aio_raw::Block &block);
    static std::shared_ptr<SharedBlock> enter(Lot &lot, const aio_raw::Block &block);

    Lot &m_lot;
    const aio_raw::Block m_block;
    const qsizetype m_size;
};

} // namespace aio_detail

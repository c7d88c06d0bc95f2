// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "shm/aioruntimedirectory_p.h"
#include "shm/aiosegments_p.h"
#include "shm/rawarena.h"

#include <aioprocessing/aiocontext.h>

#include <QByteArray>
#include <QThreadPool>

#include <atomic>
#include <memory>

namespace aio_detail {

/*
 * An arena as this process has it open: the mapping, the slot in its table of processes, its share in the arena's
 * directory. It stays open until the process ends.
 */
class Arena
{
public:
    enum Mode { Create, Open, OpenOrCreate };
    /*! Throws AioException. Returns the same object for the same arena. */
    static std::shared_ptr<Arena> open(const Identity &id, Mode mode);
    static std::shared_ptr<Arena> find(const QByteArray &hexId);
    static QList<std::shared_ptr<Arena>> all();

    QByteArray id() const { return toHex(m_id); }
    aio_raw::RawArena &raw() { return m_raw; }
    Segments &segments() { return m_segments; }
    QThreadPool *threadPool();
    void setThreadPool(QThreadPool *pool) { m_threadPool.store(pool); }

    /* Set by the room that knows how to repair: run when the process leaves the arena. */
    static void (*beforeLeave)(Arena &);
    /* Set likewise: run when the process has joined it. */
    static void (*afterJoin)(Arena &);

private:
    Arena(const Identity &id, Mode mode);
    void leave();
    friend void leaveContexts();

    Identity m_id;
    int m_share = -1;
    Segments m_segments;
    aio_raw::RawArena m_raw;
    std::atomic<QThreadPool *> m_threadPool = nullptr;
};

/*! What a worker needs to use this process's default context, which is made if need be. Throws AioException. */
AIOPROCESSING_EXPORT QByteArray contextBootstrap();
/*! In a worker, before any primitive: takes the context of \a bootstrap as the default one. Throws AioException. */
AIOPROCESSING_EXPORT void adoptContext(const QByteArray &bootstrap);
/*! Gives back what this process holds in any arena, quietly. At the end of the process; nothing may be used after it. */
AIOPROCESSING_EXPORT void leaveContexts();

} // namespace aio_detail

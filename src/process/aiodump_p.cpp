// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiodump_p.h"

#include "platform/rawdescriptors.h"
#include "sync/aiolockstate_p.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiorlock.h>
#include <aioprocessing/aiosemaphore.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <map>
#include <thread>
#include <unistd.h>

namespace aio_detail {
namespace {

using namespace aio_raw;

// Those of one process that wait for one object.
struct Waiters
{
    int count = 0;
    Nanoseconds since = Never;
};
using WaitersByProcess = std::map<Owner, Waiters>;

std::map<Address, WaitersByProcess> findWaiters(RawArena &arena)
{
    std::map<Address, WaitersByProcess> found;
    arena.forEachNodeChunk([&](NodeChunk &chunk, Address) {
        if (!chunk.owner.load())
            return;
        for (const Node &node : chunk.nodes) {
            const std::uint32_t phase = Node::phase(node.state.load());
            if ((phase != Node::Waiting && phase != Node::Invited) || !arena.isAlive(node.owner.load()))
                continue;
            Waiters &waiters = found[node.cell.load()][node.owner.load()];
            ++waiters.count;
            waiters.since = std::min(waiters.since, Nanoseconds(node.since));
        }
    });
    return found;
}

QString describe(const AioHandle &handle)
{
    switch (handle.kind()) {
    case AioHandle::Lock:
        return AioLock(handle).describe();
    case AioHandle::RLock:
        return AioRLock(handle).describe();
    case AioHandle::Semaphore:
        return AioSemaphore(handle).describe();
    case AioHandle::BoundedSemaphore:
        return AioBoundedSemaphore(handle).describe();
    case AioHandle::Event:
        return AioEvent(handle).describe();
    case AioHandle::Condition:
        return AioCondition(handle).describe();
    case AioHandle::Barrier:
        return AioBarrier(handle).describe();
    case AioHandle::Queue:
        return AioQueue(handle).describe();
    default:
        return handle.key();
    }
}

QString describe(RawArena &arena, Owner process, const Waiters &waiters)
{
    const QString since = describeTimeSince(waiters.since);
    const QString what = waiters.count == 1 ? QStringLiteral("waits for %1").arg(since)
                                            : QStringLiteral("waits %1 times, the longest for %2").arg(waiters.count).arg(since);
    return QStringLiteral("    %1 %2\n").arg(describeProcess(arena, process), what);
}

QString dumpAll()
{
    QString text;
    for (const auto &arena : Arena::all()) {
        if (const AioContext *context = AioContext::find(arena->id()))
            text += context->dump();
    }
    return text;
}

int s_signalPipe[2] = {-1, -1};

void noteSignal(int)
{
    const int before = errno;
    [[maybe_unused]] const ssize_t written = ::write(s_signalPipe[1], "", 1);
    errno = before;
}

// A thread of its own: in a dead-lock no other one would get round to it.
void dumpAtEachSignal()
{
    for (char byte; ::read(s_signalPipe[0], &byte, 1) == 1 || errno == EINTR;) {
        try {
            std::fputs(qPrintable(dumpAll()), stderr);
        } catch (const std::exception &e) {
            std::fprintf(stderr, "AIO_DUMP: %s\n", e.what());
        }
        std::fflush(stderr);
    }
}

} // namespace

void dumpOnSignalIfWanted()
{
    if (!qEnvironmentVariableIsSet("AIO_DUMP") || !aio_raw::openPipe(s_signalPipe))
        return;
    std::thread(&dumpAtEachSignal).detach();
    struct sigaction action = {};
    action.sa_handler = &noteSignal;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &action, nullptr);
}

} // namespace aio_detail

QString AioContext::dump() const
{
    using namespace aio_detail;
    RawArena &arena = m_arena->raw();
    QString text = QStringLiteral("context %1 (%2)\n").arg(QString::fromLatin1(id()), objectName());
    const auto waiters = findWaiters(arena);
    QList<AioHandle> handles;
    arena.forEachCell([&](Cell &cell, Address address) {
        const AioHandle::Kind kind = handleKindOf(RawArena::kindOf(cell));
        if (kind != AioHandle::Null)
            handles << AioHandle(kind, id(), arena.handleOf(address));
    });
    for (const AioHandle &handle : std::as_const(handles)) {
        try {
            text += describe(handle) + QLatin1Char('\n');
        } catch (const AioException &) {
            continue;       // it has gone meanwhile, or is just being made
        }
        const Cell *cell = arena.at<Cell>(Address(handle.address()));
        if (const Owner holder = cell->guardHolder.load(std::memory_order_relaxed))
            text += QStringLiteral("    %1 holds its guard\n").arg(describeProcess(arena, holder));
        const auto here = waiters.find(Address(handle.address()));
        if (here == waiters.end())
            continue;
        for (const auto &[process, group] : here->second)
            text += describe(arena, process, group);
    }
    return text;
}

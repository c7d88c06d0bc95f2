// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/aiodoorbell_p.h"

#include "base/aiologging_p.h"
#include "sync/aioresumer_p.h"
#include "sync/aiowait_p.h"
#include "sync/rawrepair.h"

#include <aioprocessing/aioerror.h>

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QSocketNotifier>
#include <QThread>

namespace aio_detail {
namespace {

using namespace aio_raw;

constexpr Nanoseconds Budget = std::chrono::nanoseconds(TurnBudget).count();

thread_local Doorbell *t_doorbell = nullptr;
thread_local bool t_ending = false;

// How many operations a thread may complete at once, one after the other, before it matters for how long.
constexpr unsigned ManyOperations = 64;
constexpr std::size_t BytesPerOperation = 4096;     // what takes as long as one more
thread_local unsigned t_operations = 0;         // in this turn of the thread's event loop
thread_local Nanoseconds t_turnBegan = 0;       // when the first of them was, roughly; 0: there was none

// Coroutines of a thread that is no QThread of its own making end with it, too.
struct AtThreadExit
{
    ~AtThreadExit() { delete std::exchange(t_doorbell, nullptr); }
};

} // namespace

Doorbell *Doorbell::existing()
{
    return t_doorbell;
}

Doorbell &Doorbell::ofThread(const char *operationName)
{
    if (t_doorbell && !t_ending) [[likely]]
        return *t_doorbell;
    const auto operation = QString::fromLatin1(operationName);
    if (t_ending)
        throw AioException(makeError(AioError::Cancelled,
                                     QStringLiteral("%1: the event loop of this thread has ended").arg(operation), operation));
    if (!QAbstractEventDispatcher::instance()) {
        throw AioException(makeError(AioError::UsageError,
            QStringLiteral("%1 must wait and this thread has no event loop that could resume it; use the blocking form, or call it after "
                           "QCoreApplication was made or in a QThread").arg(operation), operation));
    }
    thread_local AtThreadExit atThreadExit;
    t_doorbell = new Doorbell;
    return *t_doorbell;
}

void Doorbell::countBytes(std::size_t bytes)
{
    t_operations += unsigned(std::min<std::size_t>(bytes, LargestBlock) / BytesPerOperation);
}

bool Doorbell::loopIsDue()
{
    if (t_turnBegan == 0)
        t_turnBegan = roughlyNow();
    ++t_operations;
    return t_operations > ManyOperations && roughlyNow() - t_turnBegan >= Budget && !t_ending && QAbstractEventDispatcher::instance();
}

void Doorbell::beginTurn()
{
    t_operations = 0;
    t_turnBegan = 0;
}

Doorbell::Doorbell() : m_number(newDoorbellNumber())
{
    if (const int deaths = Monitor::instance().descriptor(); deaths >= 0) {
        m_deaths = std::make_unique<QSocketNotifier>(deaths, QSocketNotifier::Read);
        connect(m_deaths.get(), &QSocketNotifier::activated, this, [] { Monitor::instance().handle(); });
    }
    RuntimeDirectory::instance().openDoorbell(m_bell, m_number);
    m_rings = std::make_unique<QSocketNotifier>(m_bell.descriptor(), QSocketNotifier::Read);
    connect(m_rings.get(), &QSocketNotifier::activated, this, &Doorbell::onRing);
    connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this, &Doorbell::beginTurn);
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &Doorbell::process);
    const auto *app = QCoreApplication::instance();
    if (app && app->thread() == QThread::currentThread()) {
        qAddPostRoutine([] {
            endOfThread();
            t_ending = false;       // there may be another application object later
        });
    } else {
        connect(QThread::currentThread(), &QThread::finished, this, &Doorbell::endOfThread, Qt::DirectConnection);
    }
}

void Doorbell::endOfThread()
{
    if (t_ending)
        return;
    t_ending = true;
    delete std::exchange(t_doorbell, nullptr);
}

Doorbell::~Doorbell()
{
    t_ending = true;
    end();
    for (auto &bell : m_bells) {
        const Address address = bell->address;
        bell->nodes.reset();
        if (bell->lot->raw().arena().self())
            RawRepair::close(bell->lot->raw(), bell->cell(), address);
    }
    m_rings.reset();        // before its descriptor
}

// The loop that would resume them does not run any more: they unwind now.
void Doorbell::end()
{
    for (auto &bell : m_bells) {
        while (!bell->waits.empty()) {
            Wait &wait = *bell->waits.begin()->second;
            wait.m_cancelled.store(true);
            wait.check(false);
        }
    }
    for (Wait *wait : m_ready)
        wait->m_cancelled.store(true);      // those that have a result keep it
    while (!m_ready.empty())
        takeReady()->resume();
}

// -- waits

Doorbell::Bell *Doorbell::bellOf(Lot &lot)
{
    for (auto &bell : m_bells) {
        if (bell->lot == &lot)
            return bell.get();
    }
    auto bell = std::make_unique<Bell>();
    bell->lot = &lot;
    bell->address = RawBell::create(lot.arena().raw(), m_number);
    if (!bell->address)
        return nullptr;
    bell->nodes = std::make_unique<RawNodePool>(lot.arena().raw(), bell->address);
    m_bells.push_back(std::move(bell));
    RawBell::prepareToSleep(m_bells.back()->cell());
    return m_bells.back().get();
}

RawNodePool *Doorbell::nodes(Lot &lot)
{
    Bell *bell = bellOf(lot);
    return bell ? bell->nodes.get() : nullptr;
}

void Doorbell::add(Wait &wait, Address node)
{
    bellOf(wait.m_lot)->waits[node] = &wait;
    if (wait.m_deadline != Never) {
        wait.m_deadlineEntry = m_deadlines.emplace(wait.m_deadline, &wait);
        wait.m_hasDeadlineEntry = true;
        armTimer();
    }
}

void Doorbell::forget(Wait &wait)
{
    // the node may be another wait's already when this one is forgotten again
    if (const Address node = std::exchange(wait.m_node, 0))
        bellOf(wait.m_lot)->waits.erase(node);
    if (std::exchange(wait.m_hasDeadlineEntry, false))
        m_deadlines.erase(wait.m_deadlineEntry);
}

void Doorbell::finish(Wait &wait)
{
    forget(wait);
    if (!std::exchange(wait.m_isReady, true))
        m_ready.push_back(&wait);
}

void Doorbell::resumeLater(Wait &wait)
{
    beginTurn();
    finish(wait);
    processLater();
}

Wait *Doorbell::takeReady()
{
    Wait *wait = m_ready.front();
    m_ready.pop_front();
    wait->m_isReady = false;
    return wait;
}

void Doorbell::remove(Wait &wait)
{
    forget(wait);
    if (std::exchange(wait.m_isReady, false))
        std::erase(m_ready, &wait);
    const std::lock_guard lock(m_mutex);
    if (std::exchange(wait.m_isPoked, false))
        std::erase(m_poked, &wait);
}

void Doorbell::poke(Wait *wait)
{
    const std::lock_guard lock(m_mutex);
    wait->m_isPoked = true;
    m_poked.push_back(wait);
    m_bell.ring();
}

void Doorbell::setBlockedAt(Lot &lot, Address cell)
{
    for (auto &bell : m_bells) {
        if (bell->lot == &lot)
            bell->cell().detail[RawBell::BlockedAt].store(cell);
    }
}

// -- turns

void Doorbell::onRing()
{
    m_bell.silence();
    process();
}

void Doorbell::process()
{
    m_continues = false;
    const Nanoseconds end = now() + Budget;
    do {
        collect();
        while (!m_ready.empty()) {
            // A coroutine may run an event loop of its own and come back here: everything stands in members.
            takeReady()->resume();
            if (now() > end)
                break;
        }
        if (!m_ready.empty() || now() > end) {
            processLater();
            return;
        }
    } while (!sleepNow());
}

void Doorbell::processLater()
{
    if (!std::exchange(m_continues, true))
        QMetaObject::invokeMethod(this, &Doorbell::process, Qt::QueuedConnection);
}

void Doorbell::collect()
{
    for (auto &bell : m_bells) {
        RawBell::wokenUp(bell->cell());
        collectMarked(*bell);
    }
    collectPoked();
    collectExpired();
}

void Doorbell::collectMarked(Bell &bell)
{
    const auto find = [&bell](Address node) -> Wait * {
        const auto found = bell.waits.find(node);
        return found == bell.waits.end() ? nullptr : found->second;
    };
    std::vector<Address> marked;
    RawBell::takeChunks(bell.cell(), [&](unsigned chunkIndex) {
        if (NodeChunk *chunk = bell.nodes->chunk(chunkIndex)) {
            RawBell::takeNodes(*chunk, [&](unsigned node) { marked.push_back(bell.nodes->addressOf(chunkIndex, node)); });
        }
    });
    if (bell.cell().detail[RawBell::Rescan].exchange(0)) {
        for (const auto &[node, wait] : bell.waits)
            marked.push_back(node);
    }
    for (const Address node : marked) {
        if (Wait *wait = find(node))
            wait->check(false);
    }
}

void Doorbell::collectPoked()
{
    std::vector<Wait *> poked;
    {
        const std::lock_guard lock(m_mutex);
        poked.swap(m_poked);
        for (Wait *wait : poked)
            wait->m_isPoked = false;
    }
    for (Wait *wait : poked) {
        if (!wait->m_result)
            wait->check(false);
    }
}

void Doorbell::collectExpired()
{
    while (!m_deadlines.empty() && m_deadlines.begin()->first <= now())
        m_deadlines.begin()->second->check(true);
    armTimer();
}

bool Doorbell::sleepNow()
{
    bool sleeps = true;
    for (auto &bell : m_bells)
        sleeps &= RawBell::prepareToSleep(bell->cell());
    return sleeps;
}

void Doorbell::armTimer()
{
    if (m_deadlines.empty()) {
        m_timer.stop();
        return;
    }
    if (m_timer.isActive() && m_armedFor == m_deadlines.begin()->first)
        return;
    m_armedFor = m_deadlines.begin()->first;
    // rounded up: a deadline never fires early
    const Nanoseconds rest = std::max<Nanoseconds>(0, m_armedFor - now());
    m_timer.start(int(std::min<Nanoseconds>(rest / 1'000'000 + 1, 24 * 3600 * 1000)));
}

} // namespace aio_detail

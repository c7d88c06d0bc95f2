// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiobarrier.h>

#include "process/aiocallcodec_p.h"
#include "sync/aioobject_p.h"
#include "sync/rawbarrier.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiotask.h>

using namespace aio_detail;
using namespace aio_raw;

namespace {

OpenCell::Maker barrierMaker(int parties, const AioCall &action, AioBarrier::Timeout timeout)
{
    requireNumber(parties, 1, int(RawBarrier::MaxParties), "AioBarrier");
    QByteArray bytes;
    if (!action.isNull()) {
        if (const AioError error = encodeCall(action, bytes))
            throw AioException(error);
    }
    const Nanoseconds limit = timeout.count() < 0 ? Never : Nanoseconds(std::chrono::nanoseconds(timeout).count());
    return [parties, bytes, limit](RawLot &lot) {
        return RawBarrier::create(lot, std::uint32_t(parties), bytes.constData(), std::size_t(bytes.size()), limit);
    };
}

std::shared_ptr<OpenCell> namedBarrier(const QString &key, int parties, AioContext &context)
{
    const auto make = barrierMaker(parties, AioCall(), AioBarrier::Timeout(-1));
    auto cell = OpenCell::named(key, context, AioHandle::Barrier, Cell::Barrier, make);
    requireSame(key, AioHandle::Barrier, QStringLiteral("parties"), int(RawBarrier::parties(cell->cell())), parties);
    return cell;
}

[[noreturn]] void throwBroken(AioObject *object, WaitGroup &waits, const QString &key, const char *operation)
{
    const auto name = QString::fromLatin1(operation);
    failOn(object, waits,
           makeError(AioError::BrokenBarrier,
                     QStringLiteral("%1: the barrier is broken: a party died, ran out of time, called abort() or failed in the action; "
                                    "call reset() to use it again").arg(name), name, key));
}

// Without a deadline the barrier's own counts, which its manager knows.
RemoteCall barrierCall(const char *operation, const QDeadlineTimer &deadline, std::stop_token stop)
{
    return RemoteCall(operation, "wait").waiting(RemoteCall::Timeout, deadline, std::move(stop));
}

RemoteCall barrierQuestion(const char *operation, const char *attribute)
{
    return RemoteCall(operation, "__getattribute__", {QString::fromLatin1(attribute)});
}

AioCall actionOf(const OpenCell &open)
{
    std::size_t size = 0;
    const Block block = RawBarrier::action(open.raw(), open.cell(), size);
    AioCall call;
    if (const AioError error = decodeCall(QByteArrayView(block.data, qsizetype(size)), call))
        throw AioException(error);
    return call;
}

} // namespace

AioBarrier::AioBarrier(int parties, QObject *parent) : AioBarrier(parties, AioCall(), Timeout(-1), parent) { }
AioBarrier::AioBarrier(int parties, const AioCall &action, Timeout timeout, QObject *parent)
    : AioBarrier(parties, action, timeout, *AioContext::defaultContext(), parent)
{ }
AioBarrier::AioBarrier(int parties, const AioCall &action, Timeout timeout, AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(
                OpenCell::create(context, barrierMaker(parties, action, timeout)), AioHandle::Barrier), parent)
{ }
AioBarrier::AioBarrier(const QString &key, int parties, QObject *parent)
    : AioBarrier(key, parties, *AioContext::defaultContext(), parent)
{ }
AioBarrier::AioBarrier(const QString &key, int parties, AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(namedBarrier(key, parties, context), AioHandle::Barrier), parent)
{
    setObjectName(key);
}
AioBarrier::AioBarrier(const AioHandle &handle, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(Backing::open(handle, AioHandle::Barrier, Cell::Barrier), AioHandle::Barrier), parent)
{ }
AioBarrier::AioBarrier(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(std::move(remote), AioHandle::Barrier), parent)
{ }
AioBarrier::~AioBarrier() = default;

QDeadlineTimer AioBarrier::defaultDeadline() const
{
    if (!d_ptr->cell)
        return noDeadline();
    const Nanoseconds limit = RawBarrier::timeout(d_ptr->cell->cell());
    return limit == Never ? noDeadline() : QDeadlineTimer(std::chrono::nanoseconds(limit));
}

int AioBarrier::wait(std::stop_token stop)
{
    const std::optional<int> index = wait(defaultDeadline(), std::move(stop));
    if (!index)
        throwBroken(this, *d_ptr->waits, key(), "AioBarrier::wait");
    return *index;
}

std::optional<int> AioBarrier::wait(QDeadlineTimer deadline, std::stop_token stop)
{
    constexpr const char *name = "AioBarrier::wait";
    if (!d_ptr->cell) {
        const std::optional<QVariant> index = callRemote(this, *d_ptr, barrierCall(name, deadline, std::move(stop)));
        return index ? std::optional<int>(index->toInt()) : std::nullopt;
    }
    const auto cell = d_ptr->cell;
    const auto waits = d_ptr->waits;
    cell->requireMember(name);
    RawBarrier::Wait operation(cell->raw(), cell->address());
    RawWait wait(operation, cell->lot().blockingNodes());
    WaitResult result = WaitResult::Completed;
    if (stop.stop_requested())
        result = WaitResult::Cancelled;
    else if (!operation.attempt())
        result = blockIn(cell->lot(), operation, wait, deadline, std::move(stop), name);
    if (!concludes(this, *cell, *waits, d_ptr->kind, result, name))
        return std::nullopt;
    if (operation.outcome() == RawBarrier::Wait::MustAct) {
        // if it throws, the end of the wait breaks the barrier
        actionOf(*cell).run();
        operation.acted(true);
    }
    wait.settle();
    if (operation.outcome() == RawBarrier::Wait::IsBroken)
        throwBroken(this, *waits, key(), name);
    return int(operation.index());
}

QCoro::Task<int> AioBarrier::coro_wait(std::stop_token stop)
{
    const auto waits = d_ptr->waits;
    const QString where = key();
    const std::optional<int> index = co_await waitLater(defaultDeadline(), std::move(stop));
    if (!index)
        throwBroken(this, *waits, where, "AioBarrier::coro_wait");
    co_return *index;
}

QCoro::Task<std::optional<int>> AioBarrier::coro_wait(QDeadlineTimer deadline, std::stop_token stop)
{
    return waitLater(deadline, std::move(stop));
}

QCoro::Task<std::optional<int>> AioBarrier::waitRemotelyLater(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto done = [this](const QVariant &index) { Q_EMIT passed(index.toInt()); };
    const RemoteCall call = barrierCall("AioBarrier::coro_wait", deadline, std::move(stop));
    const std::optional<QVariant> index = co_await callRemoteLater(this, *d_ptr, call, done);
    co_return index ? std::optional<int>(index->toInt()) : std::nullopt;
}

QCoro::Task<std::optional<int>> AioBarrier::waitLater(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell)
        return waitRemotelyLater(deadline, std::move(stop));
    return waitHereLater(deadline, std::move(stop));
}

QCoro::Task<std::optional<int>> AioBarrier::waitHereLater(QDeadlineTimer deadline, std::stop_token stop)
{
    constexpr const char *name = "AioBarrier::coro_wait";
    const auto cell = d_ptr->cell;
    const auto waits = d_ptr->waits;
    const QString where = key();
    cell->requireMember(name);
    RawBarrier::Wait operation(cell->raw(), cell->address());
    Wait wait(cell->lot(), operation, waits, deadline, stop, name);
    const WaitResult result = co_await wait.done();
    if (!concludes(this, *cell, *waits, AioHandle::Barrier, result, name))
        co_return std::nullopt;
    if (operation.outcome() == RawBarrier::Wait::MustAct) {
        const AioCall action = actionOf(*cell);
        co_await AioProcessing::run(&AioCall::run, action);     // if it throws, the end of the wait breaks the barrier
        operation.acted(true);
    }
    wait.settle();
    if (operation.outcome() == RawBarrier::Wait::IsBroken)
        throwBroken(this, *waits, where, name);
    const auto index = int(operation.index());
    waits->whileAlive([&] { Q_EMIT passed(index); });
    co_return index;
}

QCoro::Task<> AioBarrier::coro_abort()
{
    if (!d_ptr->cell)
        return tellRemoteLater(this, *d_ptr, RemoteCall("AioBarrier::coro_abort", "abort"));
    abort();
    return doneTask();
}

QCoro::Task<> AioBarrier::coro_reset()
{
    if (!d_ptr->cell)
        return tellRemoteLater(this, *d_ptr, RemoteCall("AioBarrier::coro_reset", "reset"));
    reset();
    return doneTask();
}

QCoro::Task<int> AioBarrier::coro_waiting()
{
    if (!d_ptr->cell)
        return askRemoteLater<int>(this, *d_ptr, barrierQuestion("AioBarrier::coro_waiting", "n_waiting"));
    return readyTaskOf(waiting());
}

QCoro::Task<bool> AioBarrier::coro_isBroken()
{
    if (!d_ptr->cell)
        return askRemoteLater<bool>(this, *d_ptr, barrierQuestion("AioBarrier::coro_isBroken", "broken"));
    return readyTask(isBroken());
}

void AioBarrier::abort()
{
    if (!d_ptr->cell) {
        callRemote(this, *d_ptr, RemoteCall("AioBarrier::abort", "abort"));
        return;
    }
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioBarrier::abort");
    RawBarrier::abort(open.raw(), open.cell(), open.address());
}

void AioBarrier::reset()
{
    if (!d_ptr->cell) {
        callRemote(this, *d_ptr, RemoteCall("AioBarrier::reset", "reset"));
        return;
    }
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioBarrier::reset");
    RawBarrier::reset(open.raw(), open.cell(), open.address());
}

int AioBarrier::parties() const
{
    if (!d_ptr->cell)
        return callRemote(const_cast<AioBarrier *>(this), *d_ptr, barrierQuestion("AioBarrier::parties", "parties"))->toInt();
    return int(RawBarrier::parties(d_ptr->cell->cell()));
}

int AioBarrier::waiting() const
{
    if (!d_ptr->cell)
        return callRemote(const_cast<AioBarrier *>(this), *d_ptr, barrierQuestion("AioBarrier::waiting", "n_waiting"))->toInt();
    return int(d_ptr->cell->raw().countWaiting(d_ptr->cell->address()));
}

bool AioBarrier::isBroken() const
{
    if (!d_ptr->cell)
        return callRemote(const_cast<AioBarrier *>(this), *d_ptr, barrierQuestion("AioBarrier::isBroken", "broken"))->toBool();
    return RawBarrier::isBroken(d_ptr->cell->cell());
}

QString AioBarrier::describe() const
{
    if (!d_ptr->cell)
        return key();
    return QStringLiteral("%1, %2 of %3 waiting%4").arg(key()).arg(waiting()).arg(parties())
        .arg(isBroken() ? QStringLiteral(", broken") : QString());
}

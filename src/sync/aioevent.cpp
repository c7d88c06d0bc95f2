// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioevent.h>

#include "sync/aioobject_p.h"
#include "sync/rawevent.h"

#include <aioprocessing/aiocontext.h>

using namespace aio_detail;
using namespace aio_raw;

AioEvent::AioEvent(QObject *parent) : AioEvent(*AioContext::defaultContext(), parent) { }
AioEvent::AioEvent(AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(OpenCell::create(context, OpenCell::plain(Cell::Event)), AioHandle::Event), parent)
{ }
AioEvent::AioEvent(const QString &key, QObject *parent) : AioEvent(key, *AioContext::defaultContext(), parent) { }
AioEvent::AioEvent(const QString &key, AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(
                OpenCell::named(key, context, AioHandle::Event, Cell::Event, OpenCell::plain(Cell::Event)), AioHandle::Event), parent)
{
    setObjectName(key);
}
AioEvent::AioEvent(const AioHandle &handle, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(Backing::open(handle, AioHandle::Event, Cell::Event), AioHandle::Event), parent)
{ }
AioEvent::AioEvent(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(std::move(remote), AioHandle::Event), parent)
{ }
AioEvent::~AioEvent() = default;

namespace {

RemoteCall waitingCall(const char *operation, const QDeadlineTimer &deadline, std::stop_token stop)
{
    return RemoteCall(operation, "wait").waiting(RemoteCall::Timeout, deadline, std::move(stop)).inParts();
}

} // namespace

void AioEvent::set()
{
    if (!d_ptr->cell) [[unlikely]] {
        callRemote(this, *d_ptr, RemoteCall("AioEvent::set", "set"));
        return;
    }
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioEvent::set");
    RawEvent::set(open.raw(), open.cell(), open.address());
}

void AioEvent::clear()
{
    if (!d_ptr->cell) [[unlikely]] {
        callRemote(this, *d_ptr, RemoteCall("AioEvent::clear", "clear"));
        return;
    }
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioEvent::clear");
    RawEvent::clear(open.raw(), open.cell(), open.address());
}

QCoro::Task<> AioEvent::coro_set()
{
    if (!d_ptr->cell)
        return tellRemoteLater(this, *d_ptr, RemoteCall("AioEvent::coro_set", "set"));
    set();
    return doneTask();
}

QCoro::Task<> AioEvent::coro_clear()
{
    if (!d_ptr->cell)
        return tellRemoteLater(this, *d_ptr, RemoteCall("AioEvent::coro_clear", "clear"));
    clear();
    return doneTask();
}

QCoro::Task<bool> AioEvent::coro_isSet()
{
    if (!d_ptr->cell)
        return askRemoteLater<bool>(this, *d_ptr, RemoteCall("AioEvent::coro_isSet", "is_set"));
    return readyTask(isSet());
}

bool AioEvent::isSet() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioEvent *>(this), *d_ptr, RemoteCall("AioEvent::isSet", "is_set"))->toBool();
    return RawEvent::isSet(d_ptr->cell->cell());
}

bool AioEvent::wait(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(this, *d_ptr, waitingCall("AioEvent::wait", deadline, std::move(stop))).has_value();
    if (!stop.stop_requested() && isSet()) [[likely]]
        return true;
    RawEvent::Wait operation(d_ptr->cell->raw(), d_ptr->cell->address());
    return doBlocking(this, *d_ptr, operation, deadline, std::move(stop), "AioEvent::wait");
}

QCoro::Task<bool> AioEvent::coro_wait(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]] {
        const auto remotelyDone = [this](const QVariant &) { Q_EMIT waited(); };
        return doRemoteLater(this, *d_ptr, waitingCall("AioEvent::coro_wait", deadline, std::move(stop)), remotelyDone);
    }
    if (mayDoAtOnce(stop) && isSet()) {
        Q_EMIT waited();
        return readyTask(true);
    }
    const auto done = [this](const RawEvent::Wait &) { Q_EMIT waited(); };
    return doLater<RawEvent::Wait>(this, *d_ptr, deadline, std::move(stop), "AioEvent::coro_wait", done);
}

QString AioEvent::describe() const
{
    if (!d_ptr->cell)
        return key();
    return key() + (isSet() ? QStringLiteral(", set") : QStringLiteral(", unset"));
}

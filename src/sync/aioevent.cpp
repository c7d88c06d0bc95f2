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
    : AioObject(std::make_unique<AioObjectPrivate>(OpenCell::open(handle, AioHandle::Event, Cell::Event), AioHandle::Event), parent)
{ }
AioEvent::~AioEvent() = default;

void AioEvent::set()
{
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioEvent::set");
    RawEvent::set(open.raw(), open.cell(), open.address());
}

void AioEvent::clear()
{
    d_ptr->cell->requireMember("AioEvent::clear");
    RawEvent::clear(d_ptr->cell->cell());
}

bool AioEvent::isSet() const
{
    return RawEvent::isSet(d_ptr->cell->cell());
}

bool AioEvent::wait(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!stop.stop_requested() && isSet()) [[likely]]
        return true;
    RawEvent::Wait operation(d_ptr->cell->raw(), d_ptr->cell->address());
    return doBlocking(this, *d_ptr, operation, deadline, std::move(stop), "AioEvent::wait");
}

QCoro::Task<bool> AioEvent::coro_wait(QDeadlineTimer deadline, std::stop_token stop)
{
    if (mayDoAtOnce(stop) && isSet()) {
        Q_EMIT waited();
        return readyTask(true);
    }
    const auto done = [this](const RawEvent::Wait &) { Q_EMIT waited(); };
    return doLater<RawEvent::Wait>(this, *d_ptr, deadline, std::move(stop), "AioEvent::coro_wait", done);
}

QString AioEvent::describe() const
{
    return key() + (isSet() ? QStringLiteral(", set") : QStringLiteral(", unset"));
}

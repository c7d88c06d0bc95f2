// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/aioobject_p.h"

#include "base/aiologging_p.h"
#include "sync/aiostate_p.h"
#include "sync/rawlock.h"
#include "sync/rawrepair.h"

#include <aioprocessing/aiocontext.h>

#include <QCryptographicHash>
#include <QDebug>
#include <QMetaMethod>
#include <QVariant>
#include <QtEndian>

#include <map>

namespace aio_detail {
namespace {

using namespace aio_raw;

std::recursive_mutex s_mutex;
using Key = std::pair<RawLot *, Address>;
std::map<Key, std::weak_ptr<OpenCell>> &openCells()
{
    static auto *cells = new std::map<Key, std::weak_ptr<OpenCell>>;    // never destroyed: objects may outlive main()
    return *cells;
}

[[noreturn]] void refuseStranger(const char *operation, const QString &key)
{
    const auto name = QString::fromLatin1(operation);
    throw AioException(makeError(AioError::UsageError,
                                 QStringLiteral("%1 of %2: this process was forked from one that uses AioProcessing, or is at its end, and "
                                                "has no part in its objects; start processes with AioProcess").arg(name, key), name, key));
}

} // namespace

OpenCell::OpenCell(AioContext &context, Address address)
    : m_context(context), m_lot(Lot::of(context.arena())), m_raw(m_lot.raw()), m_cell(*m_raw.arena().at<Cell>(address)),
      m_address(address), m_handle(m_raw.arena().handleOf(address))
{
}

std::shared_ptr<OpenCell> OpenCell::share(OpenCell *made)
{
    const std::shared_ptr<OpenCell> shared(made, [](OpenCell *cell) {
        {
            // somebody may have opened the cell again since the last of this group went: then it stays open
            const std::lock_guard lock(s_mutex);
            const auto entry = openCells().find({&cell->m_raw, cell->m_address});
            const bool mine = entry == openCells().end() || entry->second.expired();
            if (mine && entry != openCells().end())
                openCells().erase(entry);
            if (mine && cell->m_raw.arena().self()) {
                const auto kind = RawArena::kindOf(cell->m_cell);
                const bool isLock = kind == Cell::Lock || kind == Cell::RLock;
                if (isLock && RawLock::abandon(cell->m_raw, cell->m_cell, cell->m_address))
                    qCWarning(lcAioSync, "lock %llx was closed by its holder, who has not released it", cell->m_handle);
                RawRepair::close(cell->m_raw, cell->m_cell, cell->m_address);
            }
        }
        delete cell;
    });
    openCells()[{&made->m_raw, made->m_address}] = shared;
    return shared;
}

std::shared_ptr<OpenCell> OpenCell::adopt(AioContext &context, Address address)
{
    const std::lock_guard lock(s_mutex);
    return share(new OpenCell(context, address));
}

void OpenCell::throwNoMember(const char *operation) const
{
    refuseStranger(operation, AioHandle(handleKindOf(RawArena::kindOf(m_cell)), m_context.id(), m_handle).key());
}

RawLot &OpenCell::lotFor(AioContext &context)
{
    const auto &arena = context.arena();
    if (!arena->raw().self())
        refuseStranger("AioObject::create", QStringLiteral("a new object"));
    return Lot::of(arena).raw();
}

OpenCell::Maker OpenCell::plain(Cell::Kind kind)
{
    return [kind](RawLot &lot) { return lot.arena().createCell(kind); };
}

std::shared_ptr<OpenCell> OpenCell::publish(AioContext &context, const Maker &make, quint64 name)
{
    RawLot &lot = lotFor(context);
    const Address address = make(lot);
    if (!address)
        throwOutOfMemory("AioObject::create");
    lot.arena().at<Cell>(address)->name.store(name);
    lot.arena().publishCell(address);
    return adopt(context, address);
}

std::shared_ptr<OpenCell> OpenCell::create(AioContext &context, const Maker &make)
{
    return publish(context, make, 0);
}

AioHandle::Kind handleKindOf(Cell::Kind kind)
{
    switch (kind) {
    case Cell::Lock:
        return AioHandle::Lock;
    case Cell::RLock:
        return AioHandle::RLock;
    case Cell::Semaphore:
        return AioHandle::Semaphore;
    case Cell::BoundedSemaphore:
        return AioHandle::BoundedSemaphore;
    case Cell::Event:
        return AioHandle::Event;
    case Cell::Condition:
        return AioHandle::Condition;
    case Cell::Barrier:
        return AioHandle::Barrier;
    case Cell::Queue:
        return AioHandle::Queue;
    case Cell::Free:
    case Cell::Bell:
    case Cell::Memory:
    case Cell::KindCount:
        break;
    }
    return AioHandle::Null;
}

QString nameOf(AioHandle::Kind kind)
{
    return QStringLiteral("Aio%1").arg(QVariant::fromValue(kind).toString());
}

void throwNameTaken(const QString &name, const QString &wanted, const QString &found)
{
    const auto operation = QStringLiteral("AioObject::create");
    throw AioException(makeError(
        AioError::AlreadyExists,
        QStringLiteral("the %1 called \"%2\" cannot be opened: %3; make it alike in all programs, or use another name")
            .arg(wanted, name, found), operation, name));
}

void requireSame(const QString &name, AioHandle::Kind kind, const QString &what, int found, int wanted)
{
    if (found != wanted)
        throwNameTaken(name, nameOf(kind), QStringLiteral("it was made with %1 %2, not %3").arg(found).arg(what).arg(wanted));
}

std::shared_ptr<OpenCell> OpenCell::named(const QString &name, AioContext &context, AioHandle::Kind kind, Cell::Kind cellKind,
                                          const Maker &make)
{
    RawArena &arena = lotFor(context).arena();
    const QByteArray digest = QCryptographicHash::hash(name.toUtf8(), QCryptographicHash::Sha256);
    const quint64 hash = qFromBigEndian<quint64>(digest.constData()) | 1;
    const RuntimeDirectory::Lock one(RuntimeDirectory::instance());      // at a time looks and makes
    std::shared_ptr<OpenCell> found;
    arena.forEachCell([&](Cell &cell, Address address) {
        if (!found && cell.name.load() == hash)
            found = tryOpen(context, arena.handleOf(address), RawArena::kindOf(cell));
    });
    if (!found)
        return publish(context, make, hash);
    const Cell::Kind foundKind = RawArena::kindOf(found->cell());
    if (foundKind != cellKind)
        throwNameTaken(name, nameOf(kind), QStringLiteral("it is an %1").arg(nameOf(handleKindOf(foundKind))));
    return found;
}

std::shared_ptr<OpenCell> OpenCell::tryOpen(AioContext &context, quint64 handle, Cell::Kind cellKind)
{
    RawLot &lot = lotFor(context);
    const std::lock_guard lock(s_mutex);
    const auto known = openCells().find({&lot, Address(handle)});
    if (known != openCells().end()) {
        const auto cell = known->second.lock();
        if (cell && cell->m_handle == handle && RawArena::kindOf(cell->m_cell) == cellKind)
            return cell;
    }
    return lot.arena().attachCell(handle, cellKind) ? share(new OpenCell(context, Address(handle))) : nullptr;
}

std::shared_ptr<OpenCell> OpenCell::open(const AioHandle &handle, AioHandle::Kind kind, Cell::Kind cellKind)
{
    const auto operation = QStringLiteral("AioObject::open");
    if (handle.kind() != kind) {
        throw AioException(
            makeError(AioError::TypeMismatch,
                      QStringLiteral("the handle %1 is not one of a %2").arg(handle.key(), QVariant::fromValue(kind).toString()),
                      operation, handle.key()));
    }
    AioContext *context = AioContext::find(handle.context());
    if (const auto cell = context ? tryOpen(*context, handle.address(), cellKind) : nullptr)
        return cell;
    throw AioException(makeError(
        AioError::NotFound,
        QStringLiteral("the object %1 is gone: keep it open in one process until the other has opened it").arg(handle.key()),
        operation, handle.key()));
}

Backing Backing::open(const AioHandle &handle, AioHandle::Kind kind, Cell::Kind cellKind)
{
    if (handle.peer().isEmpty() || handle.kind() != kind)
        return OpenCell::open(handle, kind, cellKind);
    return RemoteBackend::open(handle);
}

void throwOutOfMemory(const char *operation)
{
    throwWaitError(WaitResult::NoMemory, operation, {});
}

void announce(AioObject *object, const AioError &error)
{
    {
        AioObjectPrivate &d = AioObjectPrivate::of(object);
        const std::lock_guard lock(d.errorMutex);
        d.error = error;
    }
    Q_EMIT object->errorOccurred(error);
}

void failOn(AioObject *object, WaitGroup &waits, const AioError &error)
{
    waits.whileAlive([&] { announce(object, error); });
    throw AioException(error);
}

void failOn(AioObject *object, WaitGroup &waits, WaitResult result, const char *operation, const QString &key)
{
    try {
        throwWaitError(result, operation, key);
    } catch (const AioException &exception) {
        failOn(object, waits, exception.error());
    }
}

} // namespace aio_detail

namespace aio_detail {

bool doBlocking(AioObject *object, AioObjectPrivate &d, RawOperation &operation, const QDeadlineTimer &deadline, std::stop_token stop,
                const char *name)
{
    const auto cell = d.cell;
    const auto waits = d.waits;
    cell->requireMember(name);
    const WaitResult result = blockFor(cell->lot(), operation, deadline, std::move(stop), name);
    return concludes(object, *cell, *waits, d.kind, result, name);
}

bool concludes(AioObject *object, const OpenCell &cell, WaitGroup &waits, AioHandle::Kind kind, WaitResult result, const char *name)
{
    if (result == WaitResult::Completed || result == WaitResult::TimedOut)
        return result == WaitResult::Completed;
    failOn(object, waits, result, name, AioHandle(kind, cell.context().id(), cell.handle()).key());
}

std::optional<QVariant> concludeRemote(AioObject *object, WaitGroup &waits, const AioHandle &handle, const RemoteCall &call,
                                       const RemoteResult &result)
{
    if (!call.deadline.isForever() && call.isOutOfTime(result))
        return std::nullopt;
    if (!result.error)
        return result.value;
    AioError error = result.error;
    error.operation = QLatin1StringView(call.operation);
    error.key = handle.key();
    error.message = QStringLiteral("%1 of %2: %3").arg(error.operation, error.key, error.message);
    failOn(object, waits, error);
}

std::optional<QVariant> callRemote(AioObject *object, AioObjectPrivate &d, const RemoteCall &call)
{
    const auto remote = d.remote;
    const auto waits = d.waits;
    return concludeRemote(object, *waits, remote->handle(), call, remote->call(call));
}

QCoro::Task<> tellRemoteLater(AioObject *object, AioObjectPrivate &d, RemoteCall call)
{
    const auto done = [](const QVariant &) {};
    co_await callRemoteLater(object, d, std::move(call), done);
}

void misused(AioObject *object, const QString &text, const char *name)
{
    failOn(object, *AioObjectPrivate::of(object).waits,
           makeError(AioError::UsageError, QStringLiteral("%1 of %2: %3").arg(QLatin1String(name), object->key(), text),
                     QString::fromLatin1(name), object->key()));
}

void requireNumber(int number, int least, int most, const char *what)
{
    if (number >= least && number <= most)
        return;
    const auto name = QString::fromLatin1(what);
    throw AioException(makeError(AioError::UsageError, QStringLiteral("%1 of %2 cannot be made: use a number from %3 to %4")
                                                           .arg(name).arg(number).arg(least).arg(most), name));
}

QCoro::Task<> doneTask()
{
    co_return;
}

QCoro::Task<bool> readyTask(bool value)
{
    co_return value;
}

} // namespace aio_detail

AioObject::AioObject(std::unique_ptr<AioObjectPrivate> d, QObject *parent) : QObject(parent), d_ptr(std::move(d)) { }

AioObject::~AioObject()
{
    d_ptr->waits->close();
    if (d_ptr->remote)
        d_ptr->remote->close();
}

std::shared_ptr<RawOperation> AioObjectPrivate::change() const
{
    return std::make_shared<RawChange>(cell->raw(), cell->address());
}

void AioObject::connectNotify(const QMetaMethod &signal)
{
    if (d_ptr->cell && signal == QMetaMethod::fromSignal(&AioObject::stateChanged))
        watchState(this, *d_ptr);
}

AioHandle AioObject::handle() const
{
    return d_ptr->handle();
}

AioError AioObject::error() const
{
    const std::lock_guard lock(d_ptr->errorMutex);
    return d_ptr->error;
}

AioContext *AioObject::context() const
{
    return d_ptr->cell ? &d_ptr->cell->context() : nullptr;
}

QDebug operator<<(QDebug debug, const AioObject &object)
{
    const QDebugStateSaver saver(debug);
    return debug.nospace() << object.metaObject()->className() << '(' << qUtf8Printable(object.describe()) << ')';
}

QDebug operator<<(QDebug debug, const AioObject *object)
{
    return object ? debug << *object : debug << "AioObject(nullptr)";
}

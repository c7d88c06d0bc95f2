// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/aiodoorbell_p.h"
#include "sync/aioremote_p.h"
#include "sync/aiowait_p.h"

#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroTask>

#include <functional>
#include <memory>

namespace aio_detail {

/*
 * A cell that this process has open. All objects of the process that stand for the same cell share one of these; the
 * cell is closed with the last of them.
 */
class OpenCell
{
public:
    /*! Takes over \a address, which this process has just created and published. */
    static std::shared_ptr<OpenCell> adopt(AioContext &context, aio_raw::Address address);
    /*! Opens what \a handle names. Throws AioException (NotFound). */
    static std::shared_ptr<OpenCell> open(const AioHandle &handle, AioHandle::Kind kind, aio_raw::Cell::Kind cellKind);
    /*! The same; null: it is gone, or of another kind. */
    static std::shared_ptr<OpenCell> tryOpen(AioContext &context, quint64 handle, aio_raw::Cell::Kind cellKind);
    /*! Where new objects of \a context are made. Throws AioException (UsageError) as requireMember() does. */
    static aio_raw::RawLot &lotFor(AioContext &context);
    /*! Makes a cell of a kind, not published yet; 0: memory is out. */
    using Maker = std::function<aio_raw::Address(aio_raw::RawLot &)>;
    /*! Makes the cell of a kind that needs nothing beside it. */
    static Maker plain(aio_raw::Cell::Kind kind);
    /*! A new cell. Throws AioException (OutOfResources). */
    static std::shared_ptr<OpenCell> create(AioContext &context, const Maker &make);
    /*! The cell that \a context knows as \a name, made if need be. Throws AioException (AlreadyExists: it is of another kind). */
    static std::shared_ptr<OpenCell> named(const QString &name, AioContext &context, AioHandle::Kind kind, aio_raw::Cell::Kind cellKind,
                                           const Maker &make);

    AioContext &context() const { return m_context; }
    Lot &lot() const { return m_lot; }
    aio_raw::RawLot &raw() const { return m_raw; }
    aio_raw::Cell &cell() const { return m_cell; }
    aio_raw::Address address() const { return m_address; }
    quint64 handle() const { return m_handle; }
    /*! Throws UsageError where this process has no part in the arena: in a child forked without exec, and after its end. */
    void requireMember(const char *operation) const
    {
        if (!m_raw.arena().self()) [[unlikely]]
            throwNoMember(operation);
    }

private:
    OpenCell(AioContext &context, aio_raw::Address address);
    static std::shared_ptr<OpenCell> share(OpenCell *cell);
    [[noreturn]] void throwNoMember(const char *operation) const;
    static std::shared_ptr<OpenCell> publish(AioContext &context, const Maker &make, quint64 name);

    AioContext &m_context;
    Lot &m_lot;
    aio_raw::RawLot &m_raw;
    aio_raw::Cell &m_cell;
    const aio_raw::Address m_address;
    const quint64 m_handle;
};

/*! What is behind a face: a cell of this machine's shared memory, or an object of a manager. One of the two. */
struct Backing
{
    Backing(std::shared_ptr<OpenCell> openCell) : cell(std::move(openCell)) {}
    Backing(std::shared_ptr<RemoteBackend> backend) : remote(std::move(backend)) {}
    /*! Opens what \a handle names. Throws AioException. */
    static Backing open(const AioHandle &handle, AioHandle::Kind kind, aio_raw::Cell::Kind cellKind);

    std::shared_ptr<OpenCell> cell;
    std::shared_ptr<RemoteBackend> remote;
};

/*! What a cell of \a kind is for its users; Null: nothing. */
AioHandle::Kind handleKindOf(aio_raw::Cell::Kind kind);
/*! The name of its class. */
QString nameOf(AioHandle::Kind kind);

/*! Says that the object called \a name is not what is \a wanted, but what \a found tells. */
[[noreturn]] void throwNameTaken(const QString &name, const QString &wanted, const QString &found);
/*! The same where the object of \a kind was made with another number of \a what. */
void requireSame(const QString &name, AioHandle::Kind kind, const QString &what, int found, int wanted);

/*! Says that memory is out, for \a operation. */
[[noreturn]] void throwOutOfMemory(const char *operation);

/*! Makes \a error the last one of \a object, which there must be, and emits errorOccurred(). */
void announce(AioObject *object, const AioError &error);
/*! Announces \a error on \a object if it still is there, and throws it. */
[[noreturn]] void failOn(AioObject *object, WaitGroup &waits, const AioError &error);
/*! The same for a wait that neither completed nor timed out. */
[[noreturn]] void failOn(AioObject *object, WaitGroup &waits, WaitResult result, const char *operation, const QString &key);

} // namespace aio_detail

class AioObjectPrivate
{
public:
    AioObjectPrivate(const aio_detail::Backing &backing, AioHandle::Kind handleKind)
        : cell(backing.cell), remote(backing.remote), kind(handleKind) {}
    virtual ~AioObjectPrivate() = default;

    static AioObjectPrivate &of(AioObject *object) { return *object->d_ptr; }
    static bool isListenedTo(AioObject *object, const QMetaMethod &signal) { return object->isSignalConnected(signal); }
    AioHandle handle() const { return cell ? AioHandle(kind, cell->context().id(), cell->handle()) : remote->handle(); }

    const std::shared_ptr<aio_detail::OpenCell> cell;               // null: the object is a manager's
    const std::shared_ptr<aio_detail::RemoteBackend> remote;
    const std::shared_ptr<aio_detail::WaitGroup> waits = std::make_shared<aio_detail::WaitGroup>();
    /*! Waits, again and again, until the state of the cell has changed; see AioObject::stateChanged(). */
    virtual std::shared_ptr<aio_raw::RawOperation> change() const;

    const AioHandle::Kind kind;
    std::atomic<bool> watchesState = false;     // aiostate_p.h
    mutable std::mutex errorMutex;
    AioError error;
};

namespace aio_detail {

/*! What became of a wait: true, or false when its deadline passed. Announces and throws everything else. */
bool concludes(AioObject *object, const OpenCell &cell, WaitGroup &waits, AioHandle::Kind kind, WaitResult result, const char *name);

/*! Does \a operation of \a object in the calling thread. False: \a deadline passed. Throws AioException. */
bool doBlocking(AioObject *object, AioObjectPrivate &d, aio_raw::RawOperation &operation, const QDeadlineTimer &deadline,
                std::stop_token stop, const char *name);

/*!
 * The same as a coroutine. The operation is made, in the coroutine's frame, of the lot, the cell and \a arguments. When it is
 * done, calls \a done(operation) if the object still is there.
 */
template<class Operation, class Done, class... A>
QCoro::Task<bool> doLater(AioObject *object, AioObjectPrivate &d, QDeadlineTimer deadline, std::stop_token stop, const char *name,
                          Done done, A... arguments)
{
    const auto cell = d.cell;
    const auto waits = d.waits;
    const AioHandle::Kind kind = d.kind;
    cell->requireMember(name);
    Operation operation(cell->raw(), cell->address(), arguments...);
    Wait wait(cell->lot(), operation, waits, deadline, stop, name);
    const WaitResult result = co_await wait.done();
    const bool completed = concludes(object, *cell, *waits, kind, result, name);
    if (completed)
        waits->whileAlive([&] { done(operation); });
    co_return completed;
}

/*!
 * What has come of a call of a manager's object: its value, or nothing when its deadline has passed. Announces every other error on \a object, if
 * that still is there, and throws it.
 */
std::optional<QVariant> concludeRemote(AioObject *object, WaitGroup &waits, const AioHandle &handle, const RemoteCall &call,
                                       const RemoteResult &result);

/*! Does \a call of \a object, which is a manager's, in the calling thread. Nothing: its deadline passed. Throws AioException. */
std::optional<QVariant> callRemote(AioObject *object, AioObjectPrivate &d, const RemoteCall &call);

/*! The same as a coroutine. Calls \a done(value) if the object still is there. */
template<class Done>
QCoro::Task<std::optional<QVariant>> callRemoteLater(AioObject *object, AioObjectPrivate &d, RemoteCall call, Done done)
{
    const auto remote = d.remote;
    const auto waits = d.waits;
    const RemoteResult result = co_await remote->callLater(call);
    const std::optional<QVariant> value = concludeRemote(object, *waits, remote->handle(), call, result);
    if (value)
        waits->whileAlive([&] { done(*value); });
    co_return value;
}

/*! The same for operations of which only counts whether they were done. */
template<class Done>
QCoro::Task<bool> doRemoteLater(AioObject *object, AioObjectPrivate &d, RemoteCall call, Done done)
{
    const std::optional<QVariant> value = co_await callRemoteLater(object, d, std::move(call), done);
    co_return value.has_value();
}

/*! Does \a call, which waits for nothing and has no value. */
QCoro::Task<> tellRemoteLater(AioObject *object, AioObjectPrivate &d, RemoteCall call);

/*! The value of \a call, which waits for nothing. */
template<class T>
QCoro::Task<T> askRemoteLater(AioObject *object, AioObjectPrivate &d, RemoteCall call)
{
    const auto done = [](const QVariant &) {};
    const std::optional<QVariant> value = co_await callRemoteLater(object, d, std::move(call), done);
    co_return value->template value<T>();
}

/*! A task that is over, with \a value. */
template<class T>
QCoro::Task<T> readyTaskOf(T value)
{
    co_return value;
}

/*! Throws UsageError when \a number, which a new \a what is to be made with, is not between \a least and \a most. */
void requireNumber(int number, int least, int most, const char *what);

/*! A task that is over. */
QCoro::Task<bool> readyTask(bool value);
QCoro::Task<> doneTask();

/*! Whether a coroutine form may do its operation at once, and so without a coroutine. */
inline bool mayDoAtOnce(const std::stop_token &stop) { return !stop.stop_requested() && !Doorbell::loopIsDue(); }

/*! Announces and throws the UsageError that \a name of \a object was called wrongly. */
[[noreturn]] void misused(AioObject *object, const QString &text, const char *name);

} // namespace aio_detail

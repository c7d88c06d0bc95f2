// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedobject_p.h"
#include "sync/aioobject_p.h"
#include "sync/rawrlock.h"

#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiorlock.h>

#include <list>
#include <map>

/*
 * Locks of a manager are those of its process; in here it stands which caller has them, so that they are given back, marked as
 * abandoned, when he goes.
 */
namespace aio_detail {

/* Who waits for a lock, has it, or gives it up: of each caller as many as he says. */
using ManagedOwner = std::pair<quint64, quint64>;

inline ManagedOwner ownerOf(const ManagedCall &call) { return {call.caller->number, call.owner}; }

/* What to answer who has got \a lock: True, or in this library's protocol the pid of the holder who has gone with it. */
QVariant acquiredReply(const ManagedCall &call, const OpenCell &lock);
/* Gives back \a lock, which this process has for \a caller, who is gone. */
void abandonFor(const ManagerCaller &caller, const OpenCell &lock);

class ManagedLockBase
{
public:
    virtual ~ManagedLockBase() = default;
    virtual QCoro::Task<QVariant> acquire(std::shared_ptr<const ManagedCall> call) = 0;
    virtual void release(const ManagedCall &call) = 0;
    virtual bool locked() const = 0;
    virtual bool isHeldBy(const ManagedCall &call) const = 0;
    /* The owner within the caller's process who has the lock; that of the call if it is none of his. */
    virtual quint64 holderWithin(const ManagedCall &call) const { return call.owner; }
    /* "free", or who has it. */
    virtual QString describeHolder() const = 0;
    virtual void giveBack(const ManagerCaller &caller) = 0;
    virtual std::unique_ptr<AioCondition> makeCondition() = 0;

    /* While a condition has given the lock up for an owner. */
    struct Pause
    {
        ManagedOwner owner;
        std::stop_token stop;
        int released = 0;       // how often he has released it meanwhile
    };
    using PausePlace = std::list<Pause>::iterator;
    PausePlace pause(const ManagedCall &call);
    /* The lock is the owner's again; how often he has released it meanwhile. */
    int resume(PausePlace place, const ManagedCall &call);
    /* Whether \a call releases what its owner, who waits no more, has yet to get back: a locker that goes with the end of its thread. */
    bool endsPause(const ManagedCall &call);
    /* Releases it as often as the very owner has it. */
    void releaseAll(const ManagedCall &call);

protected:
    bool isPaused(const ManagedOwner &owner) const;
    /* The very owner, not only his process. */
    virtual bool isHeldByOwner(const ManagedCall &call) const = 0;
    virtual void onPaused() {}
    virtual void onResumed(const ManagedCall &) {}

private:
    std::list<Pause> m_pauses;
};

class ManagedLock final : public ManagedObjectOf<ManagedLock>, public ManagedLockBase
{
public:
    explicit ManagedLock(const ManagedCall &) {}
    static const Methods &methods();
    QString describe() const override { return describeHolder(); }
    void forget(const ManagerCaller &caller) override { giveBack(caller); }

    QCoro::Task<QVariant> acquire(std::shared_ptr<const ManagedCall> call) override;
    void release(const ManagedCall &call) override;
    bool locked() const override { return m_lock.locked(); }
    // Python, where each thread is another caller, has no owner rule
    bool isHeldBy(const ManagedCall &call) const override
    { return m_lock.locked() && (!call.caller->isNative || m_holder.first == call.caller->number); }
    QString describeHolder() const override;
    void giveBack(const ManagerCaller &caller) override;
    std::unique_ptr<AioCondition> makeCondition() override { return std::make_unique<AioCondition>(m_lock); }

protected:
    bool isHeldByOwner(const ManagedCall &call) const override { return m_lock.locked() && m_holder == ownerOf(call); }
    void onPaused() override { m_holder = {}; }
    void onResumed(const ManagedCall &call) override;

private:
    QVariant releaseNow(const ManagedCall &call);
    QVariant isLocked(const ManagedCall &) { return locked(); }

    AioLock m_lock;
    ManagedOwner m_holder;
    qint64 m_holderPid = 0;
};

class ManagedRLock final : public ManagedObjectOf<ManagedRLock>, public ManagedLockBase
{
public:
    explicit ManagedRLock(const ManagedCall &) {}
    static const Methods &methods();
    QString describe() const override;
    void forget(const ManagerCaller &caller) override { giveBack(caller); }

    QCoro::Task<QVariant> acquire(std::shared_ptr<const ManagedCall> call) override;
    void release(const ManagedCall &call) override;
    bool locked() const override { return m_lock.locked(); }
    bool isHeldBy(const ManagedCall &call) const override;
    QString describeHolder() const override;
    quint64 holderWithin(const ManagedCall &call) const override;
    void giveBack(const ManagerCaller &caller) override;
    std::unique_ptr<AioCondition> makeCondition() override { return std::make_unique<AioCondition>(m_lock); }

protected:
    bool isHeldByOwner(const ManagedCall &call) const override { return isHeldBy(call); }

private:
    struct Holder
    {
        aio_raw::RawRLock::Token token = 0;
        qint64 pid = 0;
        int uses = 0;           // how often it has the lock, or waits for it
    };

    const OpenCell &open() const { return *AioObjectPrivate::of(const_cast<AioRLock *>(&m_lock)).cell; }
    aio_raw::RawRLock::Token tokenOf(const ManagedCall &call);
    void endUse(const ManagedCall &call);
    QVariant releaseNow(const ManagedCall &call);
    QVariant isLocked(const ManagedCall &) { return locked(); }
    QVariant depth(const ManagedCall &) { return m_lock.depth(); }

    AioRLock m_lock;
    std::map<ManagedOwner, Holder> m_holders;
};

class ManagedCondition final : public ManagedObjectOf<ManagedCondition>
{
public:
    /* With the lock that is given, or with a recursive one of its own, as in Python. */
    explicit ManagedCondition(const ManagedCall &call);
    static const Methods &methods();
    QString describe() const override;
    void forget(const ManagerCaller &caller) override { m_lock->giveBack(caller); }

private:
    QCoro::Task<QVariant> acquire(std::shared_ptr<const ManagedCall> call);
    QCoro::Task<QVariant> wait(std::shared_ptr<const ManagedCall> call);
    QVariant release(const ManagedCall &call);
    QVariant isLocked(const ManagedCall &) { return m_lock->locked(); }
    QVariant notify(const ManagedCall &call);
    QVariant notifyAll(const ManagedCall &call);
    /* \a call as one of who has the lock in the caller's process: whichever thread or coroutine it is. */
    ManagedCall asHolder(const ManagedCall &call) const;
    void requireHeld(const ManagedCall &call, const char *what) const;

    std::shared_ptr<ManagedLockBase> m_lock;
    std::unique_ptr<AioCondition> m_condition;
};

} // namespace aio_detail

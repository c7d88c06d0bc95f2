// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aioqmlobject.h"

/*!
 * \class AioCondition
 * \brief Processes that hold a lock wait in it until another one, which holds the lock, says that something has changed.
 *
 * \code
 * condition.acquire()
 *     .then(() => condition.waitUntil(() => jobs.size > 10, 5000))        // false: five seconds have passed
 *     .then(isReady => { ...; condition.release() })
 * \endcode
 *
 * Whatever comes of wait() and waitUntil(), the lock is held again when their promise is settled.
 */
class AioQmlCondition : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioCondition)
    Q_PROPERTY(AioQmlObject *lock READ lock WRITE setLock NOTIFY lockChanged)
public:
    explicit AioQmlCondition(QObject *parent = nullptr) : AioQmlObject(parent) {}

    /*! The AioLock or AioRLock that a new one uses, which is taken and released here; null: one of its own. */
    AioQmlObject *lock() const { return m_lock; }
    void setLock(AioQmlObject *lock);

    /*! The lock: true; false: out of time. */
    Q_INVOKABLE QJSValue acquire(const QJSValue &options = QJSValue());
    Q_INVOKABLE bool tryAcquire();
    Q_INVOKABLE void release();
    Q_INVOKABLE bool wasAbandoned() const;
    /*! True: notified; false: out of time. */
    Q_INVOKABLE QJSValue wait(const QJSValue &options = QJSValue());
    /*! Waits until \a predicate, which is called with the lock held, returns something true. What it throws rejects the promise. */
    Q_INVOKABLE QJSValue waitUntil(const QJSValue &predicate, const QJSValue &options = QJSValue());
    Q_INVOKABLE void notify(int count = 1);
    Q_INVOKABLE void notifyAll();

Q_SIGNALS:
    void acquired();
    void waited();
    void ownerDied(int pid);
    void lockChanged();

protected:
    std::unique_ptr<AioObject> open() override;

private:
    QPointer<AioQmlObject> m_lock;
};

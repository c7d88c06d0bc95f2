// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aioqmlobject.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiorlock.h>

/*
 * The primitives. What each means, and guarantees, stands with the class of C++ that has its name.
 */

/*!
 * \class AioLock
 * \brief A lock between processes.
 *
 * \code
 * lock.acquire(500).then(isMine => { if (isMine) { ...; lock.release() } })
 * \endcode
 */
class AioQmlLock : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioLock)
    Q_PROPERTY(bool locked READ locked NOTIFY stateChanged)
public:
    explicit AioQmlLock(QObject *parent = nullptr) : AioQmlObject(parent) {}

    bool locked() const;
    /*! True; false: out of time. */
    Q_INVOKABLE QJSValue acquire(const QJSValue &options = QJSValue());
    Q_INVOKABLE bool tryAcquire();
    Q_INVOKABLE void release();
    Q_INVOKABLE bool wasAbandoned() const;

Q_SIGNALS:
    void acquired();
    void released();
    void ownerDied(int pid);

protected:
    std::unique_ptr<AioObject> open() override;
};

/*!
 * \class AioRLock
 * \brief A lock that its owner, which here is the object, may take again, and releases as often.
 *
 * There is no tryAcquire(), since that is the thread's in C++; acquire(0) is the same.
 */
class AioQmlRLock : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioRLock)
    Q_PROPERTY(bool locked READ locked NOTIFY stateChanged)
public:
    explicit AioQmlRLock(QObject *parent = nullptr) : AioQmlObject(parent) {}

    bool locked() const;
    /*! How often its owner has taken it; 0: nobody has it. */
    Q_INVOKABLE int depth() const;
    /*! True; false: out of time. */
    Q_INVOKABLE QJSValue acquire(const QJSValue &options = QJSValue());
    Q_INVOKABLE void release();
    Q_INVOKABLE bool wasAbandoned() const;

Q_SIGNALS:
    void acquired();
    void released();
    void ownerDied(int pid);

protected:
    std::unique_ptr<AioObject> open() override;
};

/*! \class AioEvent \brief A flag on which any number of processes wait. */
class AioQmlEvent : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioEvent)
    Q_PROPERTY(bool isSet READ isSet NOTIFY stateChanged)
public:
    explicit AioQmlEvent(QObject *parent = nullptr) : AioQmlObject(parent) {}

    bool isSet() const;
    Q_INVOKABLE void set();
    Q_INVOKABLE void clear();
    /*! True; false: out of time. */
    Q_INVOKABLE QJSValue wait(const QJSValue &options = QJSValue());

Q_SIGNALS:
    void waited();

protected:
    std::unique_ptr<AioObject> open() override;
};

/*! \class AioBarrier \brief A meeting point for as many as parties says. */
class AioQmlBarrier : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioBarrier)
    Q_PROPERTY(int parties READ parties WRITE setParties NOTIFY partiesChanged REQUIRED)
    Q_PROPERTY(int waiting READ waiting NOTIFY stateChanged)
    Q_PROPERTY(bool isBroken READ isBroken NOTIFY stateChanged)
public:
    explicit AioQmlBarrier(QObject *parent = nullptr) : AioQmlObject(parent) {}

    int parties() const { return m_parties; }
    void setParties(int parties);
    /*! How many wait; looks at all waits of the context, so bind to it where that are not hundreds of thousands. */
    int waiting() const;
    bool isBroken() const;

    /*! This party's number, from 0; undefined: out of time, and the barrier is broken. */
    Q_INVOKABLE QJSValue wait(const QJSValue &options = QJSValue());
    Q_INVOKABLE void abort();
    Q_INVOKABLE void reset();

Q_SIGNALS:
    void passed(int index);
    void partiesChanged();

protected:
    std::unique_ptr<AioObject> open() override;

private:
    int m_parties = 1;
};

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aioqmlobject.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiosemaphore.h>

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
public:
    explicit AioQmlLock(QObject *parent = nullptr) : AioQmlObject(parent) {}

    /*! True; false: out of time. */
    Q_INVOKABLE QJSValue acquire(const QJSValue &options = QJSValue());
    Q_INVOKABLE bool tryAcquire();
    Q_INVOKABLE void release();
    Q_INVOKABLE bool locked() const;
    Q_INVOKABLE bool wasAbandoned() const;

Q_SIGNALS:
    void acquired();
    void released();
    void ownerDied(int pid);

protected:
    std::unique_ptr<AioObject> open() override;
};

/*! \class AioSemaphore \brief Permits that count something; permits says how many a new one has. */
class AioQmlSemaphore : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioSemaphore)
    Q_PROPERTY(int permits READ permits WRITE setPermits NOTIFY permitsChanged)
public:
    explicit AioQmlSemaphore(QObject *parent = nullptr) : AioQmlObject(parent) {}

    int permits() const { return m_permits; }
    void setPermits(int permits);

    /*! True; false: out of time. */
    Q_INVOKABLE QJSValue acquire(const QJSValue &options = QJSValue());
    Q_INVOKABLE bool tryAcquire();
    Q_INVOKABLE void release(int count = 1);
    /*! How many permits are free. */
    Q_INVOKABLE int value() const;

Q_SIGNALS:
    void acquired();
    void released();
    void permitsChanged();

protected:
    std::unique_ptr<AioObject> open() override;

private:
    int m_permits = 1;
};

/*! \class AioEvent \brief A flag on which any number of processes wait. */
class AioQmlEvent : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioEvent)
public:
    explicit AioQmlEvent(QObject *parent = nullptr) : AioQmlObject(parent) {}

    Q_INVOKABLE void set();
    Q_INVOKABLE void clear();
    Q_INVOKABLE bool isSet() const;
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
public:
    explicit AioQmlBarrier(QObject *parent = nullptr) : AioQmlObject(parent) {}

    int parties() const { return m_parties; }
    void setParties(int parties);

    /*! This party's number, from 0; undefined: out of time, and the barrier is broken. */
    Q_INVOKABLE QJSValue wait(const QJSValue &options = QJSValue());
    Q_INVOKABLE void abort();
    Q_INVOKABLE void reset();
    Q_INVOKABLE int waiting() const;
    Q_INVOKABLE bool isBroken() const;

Q_SIGNALS:
    void passed(int index);
    void partiesChanged();

protected:
    std::unique_ptr<AioObject> open() override;

private:
    int m_parties = 1;
};

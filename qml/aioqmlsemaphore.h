// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aioqmlobject.h"

#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiosemaphore.h>

/*! \class AioSemaphore \brief Permits that count something; permits says how many a new one has. */
class AioQmlSemaphore : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioSemaphore)
    Q_PROPERTY(int permits READ permits WRITE setPermits NOTIFY permitsChanged)
    Q_PROPERTY(int value READ value NOTIFY stateChanged)
public:
    explicit AioQmlSemaphore(QObject *parent = nullptr) : AioQmlObject(parent) {}

    int permits() const { return m_permits; }
    void setPermits(int permits);
    /*! How many permits are free. */
    virtual int value() const;

    /*! True; false: out of time. */
    Q_INVOKABLE virtual QJSValue acquire(const QJSValue &options = QJSValue());
    Q_INVOKABLE virtual bool tryAcquire();
    Q_INVOKABLE virtual void release(int count = 1);

Q_SIGNALS:
    void acquired();
    void released();
    void permitsChanged();

protected:
    std::unique_ptr<AioObject> open() override;

private:
    int m_permits = 1;
};

/*! \class AioBoundedSemaphore \brief Permits none of which gets lost with a process, and of which there never are more than at first. */
class AioQmlBoundedSemaphore : public AioQmlSemaphore
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioBoundedSemaphore)
public:
    explicit AioQmlBoundedSemaphore(QObject *parent = nullptr) : AioQmlSemaphore(parent) {}

    int value() const override;
    QJSValue acquire(const QJSValue &options = QJSValue()) override;
    bool tryAcquire() override;
    void release(int count = 1) override;

protected:
    std::unique_ptr<AioObject> open() override;
};

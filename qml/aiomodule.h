// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiohandle.h>
#include <aioprocessing/aioworker.h>

#include <QObject>
#include <QQmlEngine>

/*!
 * \class AioProcessing
 * \brief What belongs to no object: AioProcessing.cpuCount.
 */
class AioModule : public QObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioProcessing)
    QML_SINGLETON
    Q_PROPERTY(int cpuCount READ cpuCount CONSTANT)
    Q_PROPERTY(AioProcessInfo currentProcess READ currentProcess CONSTANT)
public:
    explicit AioModule(QObject *parent = nullptr) : QObject(parent) {}

    /*! The number of CPUs that this program may use. */
    int cpuCount() const { return AioProcessing::cpuCount(); }
    /*! Who this process is: name, pid, daemon. */
    AioProcessInfo currentProcess() const { return AioProcessing::currentProcess(); }
};

/*! AioError.Cancelled and its like: the code of an Error that a promise was rejected with. */
namespace AioErrorForeign
{
Q_NAMESPACE
QML_FOREIGN_NAMESPACE(AioError)
QML_NAMED_ELEMENT(AioError)
}

// The values that properties have.

struct AioErrorValue
{
    Q_GADGET
    QML_FOREIGN(AioError)
    QML_VALUE_TYPE(aioError)
};

struct AioHandleValue
{
    Q_GADGET
    QML_FOREIGN(AioHandle)
    QML_VALUE_TYPE(aioHandle)
};

struct AioProcessInfoValue
{
    Q_GADGET
    QML_FOREIGN(AioProcessInfo)
    QML_VALUE_TYPE(aioProcessInfo)
};

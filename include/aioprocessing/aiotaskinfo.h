// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>
#include <aioprocessing/aioglobal.h>

#include <QMetaType>
#include <QString>
#include <QStringList>
#include <QVariant>

#include <chrono>

/*!
 * \class AioTaskInfo
 * \brief What AioPool::taskHistory() knows of one task. A value.
 *
 * \code
 * for (const AioTaskInfo &task : pool.taskHistory())
 *     qInfo() << task.id << task.function << task.state << task.elapsed;
 * \endcode
 */
class AIOPROCESSING_EXPORT AioTaskInfo
{
    Q_GADGET
    Q_PROPERTY(quint64 id MEMBER id CONSTANT)
    Q_PROPERTY(QString function MEMBER function CONSTANT)
    Q_PROPERTY(State state MEMBER state CONSTANT)
    Q_PROPERTY(QStringList log MEMBER log CONSTANT)
    Q_PROPERTY(qint64 logged MEMBER logged CONSTANT)
    Q_PROPERTY(QVariant result MEMBER result CONSTANT)
    Q_PROPERTY(AioError error MEMBER error CONSTANT)
public:
    enum State { Running, Finished, Failed, Cancelled };
    Q_ENUM(State)

    AioTaskInfo() = default;

    /*! What the signals of the pool call it. */
    quint64 id = 0;
    /*! The place in the order in which tasks began, or ended without having begun; it grows by one from task to task. */
    quint64 order = 0;
    /*! The function's name for people. */
    QString function;
    State state = Running;
    /*! 1, and more when its worker died and it was tried again. */
    int attempt = 1;
    /*! The process id of its worker; 0: it has had none. */
    qint64 worker = 0;
    /*! What it has said by AioTaskContext::setProgress(); a maximum of 0: nothing. */
    int value = 0;
    int maximum = 0;
    QString text;
    /*! The last lines of AioTaskContext::log(), up to 50 with 4096 characters together; and how many it has logged, with all that are not here. */
    QStringList log;
    qint64 logged = 0;
    /*! How long it ran, or runs. */
    std::chrono::nanoseconds elapsed{0};
    /*! What it returned, if that took 4 KiB or less on its way, and is no buffer; else invalid. */
    QVariant result;
    AioError error;
};

Q_DECLARE_METATYPE(AioTaskInfo)

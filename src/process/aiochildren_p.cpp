// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiochildren_p.h"

#include "process/rawchannel.h"

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QMutex>
#include <QThread>
#include <QTimer>

#include <csignal>

namespace aio_detail {

namespace {

constexpr int graceMs = 5000;        // from SIGTERM to SIGKILL
constexpr int blockMs = 50;          // what a destructor may take on a thread with an event loop
constexpr int daemonMs = 2000;       // what daemons get between SIGTERM and the end of the application

struct Children
{
    QMutex mutex;
    QList<AioProcess *> list;
    bool hasEndHook = false;
};

Children &children()
{
    static Children instance;
    return instance;
}

void endOfApplication()
{
    QList<AioProcess *> mine;
    for (AioProcess *process : AioProcessing::activeChildren()) {
        if (process->thread() == QThread::currentThread())
            mine.append(process);
    }
    const QDeadlineTimer daemonDeadline(daemonMs);
    try {
        for (AioProcess *process : mine) {
            if (process->isDaemon())
                process->terminate();
        }
        for (AioProcess *process : mine) {
            if (process->isDaemon())
                process->join(daemonDeadline);
            else if (process->context())    // a worker, not a program
                process->join();
        }
    } catch (...) {    // nothing sensible is left to do with it
    }
}

void signalAndContinue(const QProcess &process, int signal)
{
    if (process.state() != QProcess::NotRunning && process.processId() > 0) {
        ::kill(pid_t(process.processId()), signal);
        ::kill(pid_t(process.processId()), SIGCONT);
    }
}

} // namespace

void addChild(AioProcess *process)
{
    Children &all = children();
    const QMutexLocker locker(&all.mutex);
    all.list.append(process);
    if (!all.hasEndHook && QCoreApplication::instance()) {
        all.hasEndHook = true;
        qAddPostRoutine(endOfApplication);
    }
}

void removeChild(AioProcess *process)
{
    Children &all = children();
    const QMutexLocker locker(&all.mutex);
    all.list.removeOne(process);
}

void abandon(std::unique_ptr<QProcess> process, int lifeline, AioProcess::OnDestroy policy)
{
    const bool hasLoop = QAbstractEventDispatcher::instance() && QCoreApplication::instance();
    if (policy == AioProcess::Wait) {
        process->waitForFinished(-1);
    } else if (policy == AioProcess::Terminate) {
        signalAndContinue(*process, SIGTERM);
        process->waitForFinished(hasLoop ? blockMs : graceMs);
        if (process->state() != QProcess::NotRunning && !hasLoop)
            process->kill();
    } else {
        process->kill();
    }
    if (process->state() != QProcess::NotRunning)
        process->waitForFinished(hasLoop ? blockMs : -1);
    if (process->state() == QProcess::NotRunning) {
        aio_raw::closeDescriptor(lifeline);
        return;
    }

    // It takes its time: the event loop waits for it, and the application's end if that comes first.
    QProcess *rest = process.release();
    QObject::connect(rest, &QObject::destroyed, [lifeline]() mutable { aio_raw::closeDescriptor(lifeline); });
    QObject::connect(rest, &QProcess::finished, rest, &QObject::deleteLater);
    QTimer::singleShot(graceMs, rest, &QProcess::kill);
    if (rest->thread() == QCoreApplication::instance()->thread())
        rest->setParent(QCoreApplication::instance());
    else
        QObject::connect(rest->thread(), &QThread::finished, rest, &QObject::deleteLater);
}

} // namespace aio_detail

namespace AioProcessing {

QList<AioProcess *> activeChildren()
{
    aio_detail::Children &all = aio_detail::children();
    const QMutexLocker locker(&all.mutex);
    return all.list;
}

} // namespace AioProcessing

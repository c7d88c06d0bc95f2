// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiochildren_p.h"

#include "process/aioforkserver_p.h"
#include "process/rawchannel.h"

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QMutex>
#include <QThread>
#include <QTimer>

#include <csignal>

namespace aio_detail {

namespace {

constexpr int blockMs = 10;          // what a destructor that kills may take on a thread with an event loop
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
    ForkServer::instance().stop();    // what starts later has another one
    const QMutexLocker locker(&children().mutex);
    children().hasEndHook = false;    // there may be another application object
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

void abandon(std::unique_ptr<Child> child, int lifeline, AioProcess::OnDestroy policy, std::chrono::milliseconds grace)
{
    // a thread that is finishing still has the dispatcher of its loop, which does not run any more
    const bool hasLoop = QAbstractEventDispatcher::instance() && QCoreApplication::instance() && !QThread::currentThread()->isFinished();
    const QDeadlineTimer graceEnd = grace.count() < 0 ? QDeadlineTimer(QDeadlineTimer::Forever) : QDeadlineTimer(grace);
    if (policy == AioProcess::Wait) {
        child->waitForEnd(QDeadlineTimer(QDeadlineTimer::Forever));
    } else if (policy == AioProcess::Terminate) {
        child->signal(SIGTERM);
        child->signal(SIGCONT);
        if (!hasLoop)
            child->waitForEnd(graceEnd);
    } else {
        child->signal(SIGKILL);
        child->waitForEnd(QDeadlineTimer(blockMs));
        aio_raw::closeDescriptor(lifeline);    // kills a worker that has not told its pid even now, and will be a zombie therefore
        if (!hasLoop)
            child->waitForEnd(QDeadlineTimer(QDeadlineTimer::Forever));
    }
    if (child->isRunning() && !hasLoop) {
        child->signal(SIGKILL);
        child->waitForEnd(QDeadlineTimer(QDeadlineTimer::Forever));
    }
    if (!child->isRunning()) {
        aio_raw::closeDescriptor(lifeline);
        return;
    }

    // It takes its time: the event loop waits for it, and the end of the thread or the application if that comes first.
    Child *rest = child.release();
    QObject::connect(rest, &QObject::destroyed, [lifeline]() mutable { aio_raw::closeDescriptor(lifeline); });
    QObject::connect(rest, &Child::ended, rest, &QObject::deleteLater);
    QObject::connect(rest, &Child::failed, rest, &QObject::deleteLater);
    if (!graceEnd.isForever())
        QTimer::singleShot(grace, Qt::PreciseTimer, rest, [rest] { rest->signal(SIGKILL); });
    if (rest->thread() == QCoreApplication::instance()->thread())
        rest->setParent(QCoreApplication::instance());
    else
        QObject::connect(rest->thread(), &QThread::finished, rest, [rest] {
            rest->signal(SIGKILL);
            rest->waitForEnd(QDeadlineTimer(QDeadlineTimer::Forever));
            delete rest;
        }, Qt::DirectConnection);
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

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioidentity_p.h"

#include "platform/rawprocess.h"

#include <QCoreApplication>
#include <QDebug>
#include <QMutex>
#include <QThread>

namespace aio_detail {

namespace {

struct OwnIdentity
{
    QMutex mutex;
    AioProcessInfo self;
    std::optional<AioProcessInfo> parent;
    QString namePrefix = QStringLiteral("AioProcess-");
    int children = 0;
    QVariantMap keys;
};

OwnIdentity &identity()
{
    static OwnIdentity instance;
    return instance;
}

} // namespace

void becomeWorker(const Bootstrap &bootstrap)
{
    OwnIdentity &me = identity();
    const QMutexLocker locker(&me.mutex);
    me.self = bootstrap.self;
    me.parent = bootstrap.parent;
    me.namePrefix = bootstrap.self.name + QLatin1Char(':');
    me.keys = bootstrap.keys;
}

void allowWorkers()
{
    OwnIdentity &me = identity();
    const QMutexLocker locker(&me.mutex);
    me.self.daemon = false;
}

void rememberKey(const QString &address, const QVariant &key)
{
    OwnIdentity &me = identity();
    const QMutexLocker locker(&me.mutex);
    me.keys.insert(address, key);
}

QVariantMap keyring()
{
    OwnIdentity &me = identity();
    const QMutexLocker locker(&me.mutex);
    return me.keys;
}

QString nextProcessName()
{
    OwnIdentity &me = identity();
    const QMutexLocker locker(&me.mutex);
    return me.namePrefix + QString::number(++me.children);
}

} // namespace aio_detail

QDebug operator<<(QDebug debug, const AioProcessInfo &info)
{
    QDebugStateSaver saver(debug);
    return debug.nospace() << "AioProcessInfo(" << info.name << ", pid " << info.pid << (info.daemon ? ", daemon)" : ")");
}

namespace AioProcessing {

int cpuCount()
{
    return QThread::idealThreadCount();    // Qt asks sched_getaffinity
}

AioProcessInfo currentProcess()
{
    aio_detail::OwnIdentity &me = aio_detail::identity();
    const QMutexLocker locker(&me.mutex);
    if (me.self.name.isEmpty())
        me.self.name = QStringLiteral("MainProcess");
    if (me.self.authKey.isEmpty()) {
        me.self.authKey.resize(32);
        aio_raw::randomBytes(me.self.authKey.data(), unsigned(me.self.authKey.size()));
    }
    me.self.pid = QCoreApplication::applicationPid();
    return me.self;
}

std::optional<AioProcessInfo> parentProcess()
{
    aio_detail::OwnIdentity &me = aio_detail::identity();
    const QMutexLocker locker(&me.mutex);
    return me.parent;
}

} // namespace AioProcessing

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "inventory.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>

#include <csignal>
#include <sys/sem.h>
#include <unistd.h>

namespace AioTest {
namespace {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool isGoneOrSelf(pid_t pid)
{
    return pid == ::getpid() || (::kill(pid, 0) != 0 && errno == ESRCH);
}

// What /proc says of a process or thread behind its name: state, parent, ...
QList<QByteArray> statOf(const QString &directory)
{
    const QByteArray stat = contentOf(directory + QLatin1String("/stat"));
    return stat.mid(stat.lastIndexOf(')') + 2).split(' ');
}

// The lines of a table of /proc/sysvipc, split into columns, without the heading.
QList<QList<QByteArray>> ipcTable(const char *name)
{
    QList<QList<QByteArray>> rows;
    const auto lines = contentOf(QStringLiteral("/proc/sysvipc/") + QLatin1StringView(name)).split('\n');
    for (qsizetype i = 1; i < lines.size(); ++i) {
        if (const QByteArray line = lines[i].simplified(); !line.isEmpty())
            rows.append(line.split(' '));
    }
    return rows;
}

} // namespace

#ifdef __SANITIZE_ADDRESS__
// LeakSanitizer looks at a process that ends from another one, which a worker that is killed meanwhile leaves to the test as a zombie.
constexpr bool ZombiesCount = false;
#else
constexpr bool ZombiesCount = true;
#endif

QStringList childProcesses()
{
    QStringList found;
    const QByteArray self = QByteArray::number(::getpid());
    const auto entries = QDir(QStringLiteral("/proc")).entryList(QDir::Dirs);
    for (const QString &entry : entries) {
        if (!entry.at(0).isDigit())
            continue;
        const auto fields = statOf(QStringLiteral("/proc/") + entry);
        const bool isZombie = fields[0] == "Z";
        if (fields.value(1) != self || (isZombie && !ZombiesCount))
            continue;
        const QByteArray command = contentOf(QStringLiteral("/proc/%1/cmdline").arg(entry)).replace('\0', ' ');
        found.append(entry + QLatin1Char(' ') + QString::fromLocal8Bit(isZombie ? "(zombie)" : command));
    }
    return found;
}

QByteArray threadStates(qint64 pid)
{
    QByteArray states;
    const QString threads = QStringLiteral("/proc/%1/task/").arg(pid);
    for (const QString &thread : QDir(threads).entryList(QDir::Dirs | QDir::NoDotAndDotDot))
        states += statOf(threads + thread).value(0);
    return states;
}

QStringList openDescriptors()
{
    QStringList found;
    QDir directory(QStringLiteral("/proc/self/fd"));
    const auto entries = directory.entryList(QDir::Files | QDir::System | QDir::NoDotAndDotDot);
    for (const QString &entry : entries) {
        // the one that lists the directory is gone by now
        char target[4096];
        const ssize_t size = ::readlink(QFile::encodeName(directory.filePath(entry)).constData(), target, sizeof target);
        if (size > 0)
            found.append(QString::fromLocal8Bit(target, qsizetype(size)));
    }
    return found;
}

QStringList threads()
{
    QStringList found;
    const auto entries = QDir(QStringLiteral("/proc/self/task")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &entry : entries)
        found.append(QString::fromLocal8Bit(contentOf(QStringLiteral("/proc/self/task/%1/comm").arg(entry)).trimmed()));
    return found;
}

QStringList orphanedIpc()
{
    QStringList found;
    const QByteArray user = QByteArray::number(::getuid());
    const auto segments = ipcTable("shm");      // key shmid perms size cpid lpid nattch uid gid cuid ...
    for (const auto &row : segments) {
        if (row.value(9) == user && row.value(6) == "0" && isGoneOrSelf(row.value(4).toInt()))
            found.append(QStringLiteral("shared memory %1").arg(row.value(1).toInt()));
    }
    const auto sets = ipcTable("sem");          // key semid perms nsems uid gid cuid ...
    for (const auto &row : sets) {
        // its last user, or 0
        if (row.value(6) == user && isGoneOrSelf(::semctl(row.value(1).toInt(), 0, GETPID)))
            found.append(QStringLiteral("semaphore set %1").arg(row.value(1).toInt()));
    }
    return found;
}

QStringList filesBelow(const QString &directory)
{
    QStringList found;
    QDirIterator entry(directory, QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot, QDirIterator::Subdirectories);
    while (entry.hasNext())
        found.append(QDir(directory).relativeFilePath(entry.next()));
    found.sort();
    return found;
}

QStringList additional(QStringList after, const QStringList &before)
{
    for (const QString &item : before)
        after.removeOne(item);
    return after;
}

} // namespace AioTest

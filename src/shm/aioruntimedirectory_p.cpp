// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "shm/aioruntimedirectory_p.h"

#include "base/aioerrno_p.h"
#include "platform/rawfault.h"
#include "platform/rawprocess.h"
#include "shm/aiosegments_p.h"

#include <aioprocessing/aioerror.h>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QThread>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace aio_detail {
namespace {

[[noreturn]] void fail(const QString &what, int error)
{
    throwErrno(what, error, QStringLiteral("AioContext::open"));
}

QString chosenPath()
{
    const auto set = qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR");
    if (!set.isEmpty())
        return set;
    const auto session = qEnvironmentVariable("XDG_RUNTIME_DIR");
    if (!session.isEmpty() && QFileInfo(session).isWritable())
        return session + QStringLiteral("/aioprocessing");
    return QStringLiteral("/tmp/aioprocessing-%1").arg(geteuid());
}

// -- what can fail for want of space or permission, and does so in tests

bool isRefused(int error)
{
    if (error)
        errno = error;
    return error != 0;
}

int makeDirectory(const QString &path)
{
    return isRefused(AIO_FAULT_ERRNO("directory.make")) ? -1 : ::mkdir(QFile::encodeName(path).constData(), 0700);
}

int openLock(const QString &path, int flags)
{
    return isRefused(AIO_FAULT_ERRNO("directory.lock"))
        ? -1
        : ::open(QFile::encodeName(path).constData(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

// Whether the open file still has a name.
bool isLinked(int descriptor)
{
    struct stat info;
    return ::fstat(descriptor, &info) == 0 && info.st_nlink > 0;
}

QString entryName(char kind, const Identity &id)
{
    return QString::fromLatin1(QByteArray(1, kind) + '-' + toHex(id));
}

// Removes a directory of ours with what lies in it; there are no directories below.
void removeDirectory(const QString &path)
{
    const auto names = QDir(path).entryList(QDir::Files | QDir::System | QDir::Hidden);
    for (const QString &name : names) {
        if (name != QLatin1String("lock"))
            ::unlink(QFile::encodeName(path + QLatin1Char('/') + name).constData());
    }
    ::unlink(QFile::encodeName(path + QStringLiteral("/lock")).constData());
    ::rmdir(QFile::encodeName(path).constData());
}

// Whether some process uses the arena of the directory \a path, as its memory tells.
bool isMapped(const QString &path)
{
    const auto keys = QDir(path).entryList({QStringLiteral("0-*")}, QDir::Files);
    return std::any_of(keys.begin(), keys.end(), [&](const QString &key) { return Segments::isMapped(path + QLatin1Char('/') + key); });
}

void removeArena(const QString &path)
{
    const auto keys = QDir(path).entryList(QDir::Files | QDir::Hidden);
    for (const QString &key : keys) {
        if (key != QLatin1String("lock"))
            Segments::destroy(path + QLatin1Char('/') + key);
    }
    removeDirectory(path);
}

} // namespace

QByteArray toHex(const Identity &id)
{
    return QByteArray(reinterpret_cast<const char *>(id), sizeof id).toHex();
}

RuntimeDirectory &RuntimeDirectory::instance()
{
    // lives as long as the process: threads may use it until the very end
    static auto *directory = new RuntimeDirectory;
    return *directory;
}

RuntimeDirectory::RuntimeDirectory() : m_path(chosenPath()), m_pid(::getpid())
{
    make();
    try {
        const Lock lock(*this);
        sweepLocked();
        makeEntry();
    } catch (const AioException &) {
        removeIfEmpty();
        throw;
    }
    std::atexit([] { instance().leave(); });
}

void RuntimeDirectory::make() const
{
    const QByteArray path = QFile::encodeName(m_path);
    if (makeDirectory(m_path) != 0 && errno != EEXIST)
        fail(QStringLiteral("cannot make the runtime directory %1 (set AIOPROCESSING_RUNTIME_DIR to a directory of yours)")
                 .arg(m_path),
             errno);
    struct stat info;
    if (::lstat(path.constData(), &info) != 0)
        fail(QStringLiteral("cannot look at the runtime directory %1").arg(m_path), errno);
    if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077)) {
        throw AioException(makeError(AioError::PermissionDenied,
            QStringLiteral("the runtime directory %1 must be a directory that only this user may enter (mode 0700), and no symbolic link; "
                           "remove it or set AIOPROCESSING_RUNTIME_DIR").arg(m_path), QStringLiteral("AioContext::open")));
    }
}

RuntimeDirectory::Lock::Lock(const RuntimeDirectory &directory)
{
    QElapsedTimer timer;
    timer.start();
    // held for a few system calls by whoever has it, unless that process was stopped in between
    for (unsigned long pause = 100;; pause = qMin(pause * 2, 20'000ul)) {
        m_descriptor = openLock(directory.m_path + QStringLiteral("/lock"), O_CREAT);
        const int error = m_descriptor >= 0 ? EWOULDBLOCK : errno;
        AIO_FAULT_POINT("directory.opened");
        if (m_descriptor >= 0 && ::flock(m_descriptor, LOCK_EX | LOCK_NB) == 0 && isLinked(m_descriptor))
            return;
        if (m_descriptor >= 0)
            ::close(m_descriptor);
        if (error == ENOENT && directory.m_entryLock < 0)
            directory.make();       // the last program that had an entry has just taken the directory away
        else if (error != EWOULDBLOCK)
            fail(QStringLiteral("cannot open the lock of the runtime directory %1").arg(directory.m_path), error);
        if (timer.hasExpired(900)) {
            fail(QStringLiteral("the runtime directory %1 is locked by a process that does not go on (stopped?)")
                     .arg(directory.m_path),
                 ETIMEDOUT);
        }
        QThread::usleep(pause);
    }
}

RuntimeDirectory::Lock::~Lock()
{
    ::close(m_descriptor);
}

void RuntimeDirectory::makeEntry()
{
    aio_raw::randomBytes(m_entryId, sizeof m_entryId);
    const QString path = m_path + QLatin1Char('/') + entryName('p', m_entryId);
    if (makeDirectory(path) != 0)
        fail(QStringLiteral("cannot make an entry in the runtime directory %1").arg(m_path), errno);
    AIO_FAULT_POINT("directory.entry");
    m_entryLock = openLock(path + QStringLiteral("/lock"), O_CREAT | O_EXCL);
    if (m_entryLock < 0 || ::flock(m_entryLock, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        removeDirectory(path);
        fail(QStringLiteral("cannot lock the entry %1").arg(path), error);
    }
    if (!aio_raw::showLife(home(m_entryId), m_entryLock)) {
        const int error = errno;
        ::close(std::exchange(m_entryLock, -1));
        removeDirectory(path);
        fail(error == ENAMETOOLONG ? QStringLiteral("the runtime directory %1 has too long a name for the local sockets in it (set "
                                                    "AIOPROCESSING_RUNTIME_DIR to one of at most 50 bytes)").arg(m_path)
                                   : QStringLiteral("cannot make a socket in the entry %1").arg(path),
             error);
    }
}

std::string RuntimeDirectory::home(const Identity &id) const
{
    return (QFile::encodeName(m_path) + "/p-" + toHex(id)).toStdString();
}

void RuntimeDirectory::openDoorbell(aio_raw::RawDoorbell &bell, unsigned number)
{
    if (!bell.open(home(m_entryId), number))
        fail(QStringLiteral("cannot make a doorbell in the runtime directory %1").arg(m_path), errno);
}

QString RuntimeDirectory::arenaPath(const Identity &arena) const
{
    return m_path + QLatin1Char('/') + entryName('a', arena);
}

int RuntimeDirectory::shareArena(const Identity &arena, bool create)
{
    const QString path = arenaPath(arena);
    if (create && makeDirectory(path) != 0 && errno != EEXIST)
        fail(QStringLiteral("cannot make the directory %1 for an arena").arg(path), errno);
    const int descriptor = openLock(path + QStringLiteral("/lock"), create ? O_CREAT : 0);
    if (descriptor < 0 || ::flock(descriptor, LOCK_SH | LOCK_NB) != 0) {
        const int error = errno;
        if (descriptor >= 0)
            ::close(descriptor);
        if (error == ENOENT)
            throw AioException(makeError(AioError::NotFound, QStringLiteral("there is no arena %1 (any more)").arg(path),
                                         QStringLiteral("AioContext::open")));
        fail(QStringLiteral("cannot share the arena %1").arg(path), error);
    }
    return descriptor;
}

bool RuntimeDirectory::isAloneWith(int descriptor) const
{
    const bool isAlone = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    return ::flock(descriptor, LOCK_SH | LOCK_NB) == 0 && isAlone;
}

void RuntimeDirectory::leaveArena(const Identity &arena, int descriptor)
{
    const Lock lock(*this);
    // who came after somebody had removed the lock's file shares another one
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && isLinked(descriptor))
        removeArena(arenaPath(arena));
    ::close(descriptor);
}

void RuntimeDirectory::sweep()
{
    const Lock lock(*this);
    sweepLocked();
}

void RuntimeDirectory::sweepLocked()
{
    const auto names = QDir(m_path).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &name : names) {
        const bool isArena = name.startsWith(QLatin1String("a-"));
        if (!isArena && !name.startsWith(QLatin1String("p-")))
            continue;
        const QString path = m_path + QLatin1Char('/') + name;
        const int descriptor = openLock(path + QStringLiteral("/lock"), 0);
        // Without a lock file it was left half made: whoever makes one holds the directory's lock. (Or somebody has removed that file from
        // an arena that is in use.) A process's lock is not taken, only looked at: somebody else may do so at the same time to see whether
        // it lives.
        const bool dead = descriptor < 0 ? errno == ENOENT && !(isArena && isMapped(path))
                                         : ::flock(descriptor, (isArena ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0;
        if (dead)
            isArena ? removeArena(path) : removeDirectory(path);
        if (descriptor >= 0)
            ::close(descriptor);
    }
}

bool RuntimeDirectory::isOwn() const
{
    return ::getpid() == m_pid;
}

void RuntimeDirectory::leave() noexcept
{
    if (m_entryLock < 0 || !isOwn() || std::exchange(m_hasLeft, true))
        return;
    try {
        const Lock lock(*this);
        removeOwnEntry();
        sweepLocked();
        removeTheLeft();
        removeIfEmpty();
    } catch (const AioException &) {
        // somebody who was stopped holds the lock: the next program sweeps
    }
}

// Where others see by its lock that a process lives, the lock stays until this one has really ended: its threads still run. Then the
// next one that comes or leaves takes the entry away.
void RuntimeDirectory::removeOwnEntry()
{
    if (aio_raw::lockShowsLife()) {
        [[maybe_unused]] const ssize_t written = ::write(m_entryLock, "left", 4);
        return;
    }
    removeDirectory(m_path + QLatin1Char('/') + entryName('p', m_entryId));
    ::close(std::exchange(m_entryLock, -1));
}

// When all have left nobody is there who would look.
void RuntimeDirectory::removeTheLeft()
{
    QStringList entries = QDir(m_path).entryList({QStringLiteral("p-*")}, QDir::Dirs);
    for (QString &entry : entries) {
        entry.prepend(m_path + QLatin1Char('/'));
        if (QFileInfo(entry + QStringLiteral("/lock")).size() == 0)
            return;
    }
    std::for_each(entries.cbegin(), entries.cend(), &removeDirectory);
}

// The last program leaves nothing at all.
void RuntimeDirectory::removeIfEmpty()
{
    if (QDir(m_path).entryList(QDir::Dirs | QDir::NoDotAndDotDot).isEmpty()) {
        ::unlink(QFile::encodeName(m_path + QStringLiteral("/lock")).constData());
        ::rmdir(QFile::encodeName(m_path).constData());
    }
}

} // namespace aio_detail

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "shm/aiocontext_p.h"

#include "base/aiologging_p.h"
#include "platform/rawprocess.h"
#include "platform/rawsystem.h"

#include <aioprocessing/aioerror.h>

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QHash>
#include <QMutex>
#include <QMutexLocker>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace aio_detail {
namespace {

QMutex s_mutex;     // protects everything below
QList<std::shared_ptr<Arena>> &arenas()
{
    static auto *list = new QList<std::shared_ptr<Arena>>;      // never destroyed: threads may use it until the very end
    return *list;
}
QByteArray s_adopted;
std::atomic<AioContext *> s_default = nullptr;

constexpr char BootstrapMark[] = "aio1";

std::uint64_t defaultMemoryLimit()
{
    return std::uint64_t(sysconf(_SC_PHYS_PAGES)) * std::uint64_t(sysconf(_SC_PAGESIZE)) / 2;
}

void toIdentity(const QByteArray &bytes, Identity &id)
{
    std::memcpy(id, bytes.constData(), sizeof id);
}

[[noreturn]] void fail(AioError::Code code, const QString &message)
{
    throw AioException(makeError(code, message, QStringLiteral("AioContext::open")));
}

} // namespace

void (*Arena::beforeLeave)(Arena &) = nullptr;
void (*Arena::afterJoin)(Arena &) = nullptr;

std::shared_ptr<Arena> Arena::find(const QByteArray &hexId)
{
    const QMutexLocker locker(&s_mutex);
    for (const auto &arena : arenas()) {
        if (arena->id() == hexId)
            return arena;
    }
    return nullptr;
}

QList<std::shared_ptr<Arena>> Arena::all()
{
    const QMutexLocker locker(&s_mutex);
    return arenas();
}

std::shared_ptr<Arena> Arena::open(const Identity &id, Mode mode)
{
    if (const auto arena = find(toHex(id)))
        return arena;
    static QMutex opening;
    const QMutexLocker one(&opening);
    if (const auto arena = find(toHex(id)))
        return arena;
    const std::shared_ptr<Arena> arena(new Arena(id, mode));
    {
        const QMutexLocker locker(&s_mutex);
        if (arenas().isEmpty()) {
            std::atexit([] { leaveContexts(); });
            // a child that is forked without exec() has no part in the parent's objects and closes none of them
            ::pthread_atfork(nullptr, nullptr, [] {
                for (const auto &inherited : arenas())
                    inherited->raw().forsake();
            });
        }
        arenas().append(arena);
    }
    if (afterJoin)
        afterJoin(*arena);
    return arena;
}

Arena::Arena(const Identity &id, Mode mode) : m_segments(id), m_raw(m_segments)
{
    std::memcpy(m_id, id, sizeof m_id);
    auto &directory = RuntimeDirectory::instance();
    const RuntimeDirectory::Lock lock(directory);
    m_share = directory.shareArena(m_id, mode != Open);
    const auto giveUp = [&](AioError::Code code, const QString &message) {
        ::close(m_share);
        fail(code, message);
    };
    char *base = mode == Create ? nullptr : m_segments.map(0, 1);
    if (base) {
        m_raw.open(base);
    } else if (m_segments.isMisfit()) {
        giveUp(AioError::VersionMismatch,
               QStringLiteral("cannot use the arena %1: %2").arg(directory.arenaPath(m_id), m_segments.lastError()));
    } else if (mode == Open) {
        giveUp(AioError::NotFound, QStringLiteral("cannot open the arena %1: %2").arg(directory.arenaPath(m_id), m_segments.lastError()));
    } else if (!directory.isAloneWith(m_share)) {
        // never two of one name
        giveUp(AioError::NotFound,
               QStringLiteral("cannot open the arena %1, which other programs use: %2; if its files or its segment were removed, end these "
                              "programs").arg(directory.arenaPath(m_id), m_segments.lastError()));
    } else {
        std::uint64_t nonce = 0;
        base = m_segments.create(0, nonce);
        if (!base) {
            giveUp(AioError::OutOfResources,
                   QStringLiteral("cannot make a shared memory segment of %1 MiB in %2: %3; free memory or System V "
                                  "segments (ipcs -m; limits: sysctl kernel.shmmni kernel.shmall kernel.shmmax)")
                       .arg(aio_raw::SegmentBytes >> 20)
                       .arg(directory.path(), m_segments.lastError()));
        }
        aio_raw::RawArena::format(base, m_id, defaultMemoryLimit());
        m_raw.open(base);
    }
    const QByteArray name = QCoreApplication::instance() ? QCoreApplication::applicationName().toUtf8() : QByteArray();
    if (!m_raw.join(directory.entryId(), name.constData()))
        giveUp(AioError::OutOfResources, QStringLiteral("%1 processes use the arena %2 already, which is the limit")
                                             .arg(aio_raw::MaxProcesses).arg(directory.arenaPath(m_id)));
}

QThreadPool *Arena::threadPool()
{
    if (QThreadPool *pool = m_threadPool.load())
        return pool;
    static QThreadPool *own = [] {
        auto *pool = new QThreadPool;       // never destroyed: its destructor would wait for what blocks in it
        pool->setMaxThreadCount(qMax(4, QThread::idealThreadCount()));
        return pool;
    }();
    return own;
}

void Arena::leave()
{
    if (m_share < 0 || !m_raw.self())
        return;
    if (beforeLeave)
        beforeLeave(*this);
    RuntimeDirectory::instance().leaveArena(m_id, std::exchange(m_share, -1));
}

QByteArray contextBootstrap()
{
    return BootstrapMark + AioContext::defaultContext()->id();
}

void adoptContext(const QByteArray &bootstrap)
{
    const QByteArray id = QByteArray::fromHex(bootstrap.mid(4));
    if (!bootstrap.startsWith(BootstrapMark) || id.size() != qsizetype(sizeof(Identity)))
        fail(AioError::ProtocolError, QStringLiteral("the description of the parent's context makes no sense"));
    const QMutexLocker locker(&s_mutex);
    s_adopted = id;
}

void leaveContexts()
{
    const auto list = Arena::all();
    if (list.isEmpty())
        return;
    try {
        for (const auto &arena : list)
            arena->leave();
    } catch (const std::exception &) {
        // the next program sweeps
    }
    RuntimeDirectory::instance().leave();
}

} // namespace aio_detail

using aio_detail::Arena;

// The settings for starting workers, for every thread.
struct AioContext::Starting
{
    std::atomic<StartMethod> method = Spawn;
    QMutex mutex;
    QStringList command;
};

AioContext::AioContext(std::shared_ptr<Arena> arena)
    : m_arena(std::move(arena)), m_starting(std::make_unique<Starting>())
{
}

AioContext::AioContext(const QString &name, QObject *parent) : QObject(parent), m_starting(std::make_unique<Starting>())
{
    const QByteArray hash = QCryptographicHash::hash("AioContext/" + name.toUtf8(), QCryptographicHash::Sha256);
    aio_detail::Identity id;
    aio_detail::toIdentity(hash, id);
    m_arena = Arena::open(id, Arena::OpenOrCreate);
    setObjectName(name);
}

AioContext::~AioContext() = default;

AioContext *AioContext::defaultContext()
{
    static QMutex making;
    const QMutexLocker locker(&making);
    if (!aio_detail::s_default) {
        aio_detail::Identity id;
        const bool adopted = !aio_detail::s_adopted.isEmpty();
        if (adopted)
            aio_detail::toIdentity(aio_detail::s_adopted, id);
        else
            aio_raw::randomBytes(id, sizeof id);
        auto *context = new AioContext(Arena::open(id, adopted ? Arena::Open : Arena::Create));
        context->setObjectName(QStringLiteral("default"));
        aio_detail::s_default = context;
    }
    return aio_detail::s_default;
}

AioContext *AioContext::find(const QByteArray &id)
{
    const auto hasDefault = [] {
        const QMutexLocker locker(&aio_detail::s_mutex);
        return !aio_detail::s_adopted.isEmpty() || aio_detail::s_default;
    };
    AioContext *context = hasDefault() ? defaultContext() : nullptr;
    if (context && context->id() == id)
        return context;
    static QMutex mutex;
    static auto *others = new QHash<QByteArray, AioContext *>;      // never destroyed: threads may use it until the very end
    const QMutexLocker locker(&mutex);
    if (AioContext *known = others->value(id))
        return known;
    const QByteArray bytes = QByteArray::fromHex(id);
    if (bytes.size() != qsizetype(sizeof(aio_detail::Identity)))
        return nullptr;
    aio_detail::Identity identity;
    aio_detail::toIdentity(bytes, identity);
    return (*others)[id] = new AioContext(Arena::open(identity, Arena::Open));
}

AioContext::StartMethod AioContext::startMethod() const { return m_starting->method; }
void AioContext::setStartMethod(StartMethod method) { m_starting->method = method; }

void AioContext::setWorkerProgram(const QString &program, const QStringList &arguments)
{
    const QMutexLocker locker(&m_starting->mutex);
    m_starting->command = program.isEmpty() ? QStringList() : QStringList(program) + arguments;
}

QStringList AioContext::workerCommand() const
{
    const QMutexLocker locker(&m_starting->mutex);
    return m_starting->command;
}

QString AioContext::backend() { return QString::fromLatin1(aio_raw::backendName(aio_raw::backend())); }
QByteArray AioContext::id() const { return m_arena->id(); }
QThreadPool *AioContext::threadPool() const { return m_arena->threadPool(); }
void AioContext::setThreadPool(QThreadPool *pool) { m_arena->setThreadPool(pool); }
qint64 AioContext::memoryLimit() const { return qint64(m_arena->raw().header().memoryLimit.load()); }
void AioContext::setMemoryLimit(qint64 bytes) { m_arena->raw().header().memoryLimit.store(std::uint64_t(qMax<qint64>(0, bytes))); }

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "shm/aiosegments_p.h"

#include "base/aioerrno_p.h"
#include "platform/rawfault.h"
#include "platform/rawprocess.h"
#include "platform/rawsystem.h"

#include <QFile>
#include <QMutexLocker>
#include <QSharedMemory>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

namespace aio_detail {
namespace {

constexpr QLatin1StringView SameForAll("; end the programs that use it, or use the same version and build of AioProcessing in all of them");

// Why this process cannot use the arena of \a header, and what to do about it; empty: it can.
QString misfit(const aio_raw::SegmentHeader &header, qsizetype size)
{
    const bool fits = header.bytes == aio_raw::SegmentBytes && size >= qsizetype(aio_raw::SegmentBytes);
    if (header.layoutVersion != aio_raw::LayoutVersion || !fits) {
        return QStringLiteral("its layout version is %1, this library's is %2").arg(header.layoutVersion).arg(aio_raw::LayoutVersion)
            + SameForAll;
    }
    if (header.backend != aio_raw::backend())
        return QStringLiteral("it is one of the backend %1, and this library is built with the backend %2")
            .arg(QLatin1StringView(aio_raw::backendName(header.backend)), QLatin1StringView(aio_raw::backendName(aio_raw::backend())))
            + SameForAll;
    if (header.ready.load() == aio_raw::ArenaMagic && header.pidNamespace != aio_raw::pidNamespace()) {
        return QStringLiteral("it belongs to another pid namespace, whose processes cannot be watched from here; "
                              "use an AIOPROCESSING_RUNTIME_DIR for each");
    }
    return {};
}

// As Qt makes it of a native System V key.
key_t keyOf(const QByteArray &name)
{
    return ::ftok(name.constData(), 'Q');
}

// Whether the segment at \a base, if \a name is that of one with a single block, is that one.
bool hasNonceOf(const QByteArray &name, const void *base)
{
    const auto nonce = static_cast<const aio_raw::OwnSegmentHeader *>(base)->nonce;
    return !name.contains("/own-") || name.endsWith(QByteArray::number(qulonglong(nonce), 16).rightJustified(16, '0'));
}

} // namespace

Segments::Segments(const Identity &arena)
{
    std::memcpy(m_arena, arena, sizeof m_arena);
}

Segments::~Segments() = default;

QString Segments::keyPath(const QString &number, std::uint64_t nonce) const
{
    return RuntimeDirectory::instance().arenaPath(m_arena) + QStringLiteral("/%1-%2").arg(number).arg(nonce, 16, 16, QLatin1Char('0'));
}

void Segments::setError(const QString &error)
{
    const QMutexLocker locker(&m_mutex);
    m_error = error;
}

QString Segments::lastError() const
{
    const QMutexLocker locker(&m_mutex);
    return m_error;
}

char *Segments::keep(std::unique_ptr<QSharedMemory> memory)
{
    const QMutexLocker locker(&m_mutex);
    return static_cast<char *>(m_attached.emplace_back(std::move(memory))->data());
}

char *Segments::create(unsigned index, std::uint64_t &nonce) noexcept
{
    for (int tries = 0; tries < 16; ++tries) {
        aio_raw::randomBytes(&nonce, sizeof nonce);
        nonce |= index == 0 ? 0 : 1;
        if (index == 0)
            nonce = 1;      // segment 0 is found by its arena's name alone
        auto memory = std::make_unique<QSharedMemory>();
        memory->setNativeKey(keyPath(index, nonce));
        if (const int error = AIO_FAULT_ERRNO("segment.create")) {
            setError(withErrnoText(QStringLiteral("shmget"), error));
            return nullptr;
        }
        const bool hasMadeFile = createKeyFile(keyPath(index, nonce));
        if (memory->create(aio_raw::SegmentBytes)) {
            char *base = keep(std::move(memory));
            if (index > 0)
                aio_raw::RawArena::formatSegment(base, index, m_arena);
            return base;
        }
        setError(memory->errorString());
        if (memory->error() != QSharedMemory::AlreadyExists) {
            if (hasMadeFile)
                destroy(keyPath(index, nonce));
            return nullptr;
        }
        // another segment, of whomever, has this System V key: another file gives another one
        const QByteArray taken = QFile::encodeName(keyPath(index, nonce));
        const QByteArray aside = taken + ".taken" + QByteArray::number(tries);
        if (index == 0 && ::close(::open(aside.constData(), O_CREAT | O_CLOEXEC, 0600)) == 0)
            ::rename(aside.constData(), taken.constData());
    }
    return nullptr;
}

char *Segments::map(unsigned index, std::uint64_t nonce) noexcept
{
    auto memory = std::make_unique<QSharedMemory>();
    memory->setNativeKey(keyPath(index, nonce));
    if (!memory->attach()) {
        setError(memory->errorString());
        return nullptr;
    }
    const auto *header = static_cast<const aio_raw::SegmentHeader *>(memory->constData());
    const bool ours = memory->size() >= qsizetype(sizeof *header) && header->magic == aio_raw::ArenaMagic
                      && std::memcmp(header->arena, m_arena, sizeof m_arena) == 0 && header->segment == index;
    const QString why = ours ? misfit(*header, memory->size()) : QString();
    m_isMisfit = !why.isEmpty();
    if (ours && !m_isMisfit && header->ready.load() == aio_raw::ArenaMagic)
        return keep(std::move(memory));
    setError(m_isMisfit ? why
             : !ours    ? QStringLiteral("the segment of %1 is not one of this arena").arg(memory->nativeKey())
                        : QStringLiteral("the arena is not finished"));
    // Detaching is right only here, where nothing has been used: it also would remove a segment without other users.
    return nullptr;
}

void Segments::discard(unsigned index, std::uint64_t nonce) noexcept
{
    destroy(keyPath(index, nonce));
}

// -- segments with a single block or object in it

void Segments::writeOwnHead(void *base, std::uint64_t nonce, std::size_t bytes) const noexcept
{
    auto *header = static_cast<aio_raw::OwnSegmentHeader *>(base);
    header->magic = aio_raw::ArenaMagic;
    header->layoutVersion = aio_raw::LayoutVersion;
    std::memcpy(header->arena, m_arena, sizeof m_arena);
    header->bytes = bytes;
    header->nonce = nonce;
    header->ready.store(aio_raw::ArenaMagic);
}

bool Segments::isOwn(const void *base, std::size_t size, std::uint64_t nonce, std::size_t bytes) const noexcept
{
    const auto *header = static_cast<const aio_raw::OwnSegmentHeader *>(base);
    return size >= aio_raw::OwnHeadBytes + bytes && header->ready.load() == aio_raw::ArenaMagic && header->magic == aio_raw::ArenaMagic
        && std::memcmp(header->arena, m_arena, sizeof m_arena) == 0 && header->nonce == nonce && header->bytes == bytes;
}

// Null, with an error, for -1.
char *Segments::attachOwn(int id)
{
    void *base = id == -1 ? reinterpret_cast<void *>(-1) : ::shmat(id, nullptr, 0);
    if (base != reinterpret_cast<void *>(-1))
        return static_cast<char *>(base);
    setError(withErrnoText(id == -1 ? QStringLiteral("shmget") : QStringLiteral("shmat"), errno));
    return nullptr;
}

char *Segments::createOwn(std::uint64_t nonce, std::size_t bytes) noexcept
{
    if (const int error = AIO_FAULT_ERRNO("segment.create")) {
        setError(withErrnoText(QStringLiteral("shmget"), error));
        return nullptr;
    }
    if (!createKeyFile(ownKeyPath(nonce))) {
        setError(withErrnoText(QStringLiteral("open"), errno));
        return nullptr;
    }
    const QByteArray name = QFile::encodeName(ownKeyPath(nonce));
    char *base = attachOwn(::shmget(keyOf(name), aio_raw::OwnHeadBytes + bytes, IPC_CREAT | IPC_EXCL | 0600));
    if (!base)
        return nullptr;
    writeOwnHead(base, nonce, bytes);
    return base + aio_raw::OwnHeadBytes;
}

char *Segments::mapOwn(std::uint64_t nonce, std::size_t bytes) noexcept
{
    const key_t key = keyOf(QFile::encodeName(ownKeyPath(nonce)));
    const int id = key == -1 ? -1 : ::shmget(key, 0, 0);
    char *base = attachOwn(id);
    if (!base)
        return nullptr;
    struct shmid_ds info;
    if (::shmctl(id, IPC_STAT, &info) == 0 && isOwn(base, info.shm_segsz, nonce, bytes))
        return base + aio_raw::OwnHeadBytes;
    ::shmdt(base);
    setError(QStringLiteral("the segment of %1 is not what it was").arg(ownKeyPath(nonce)));
    return nullptr;
}

void Segments::unmapOwn(char *memory) noexcept
{
    ::shmdt(memory - aio_raw::OwnHeadBytes);
}

void Segments::discardOwn(std::uint64_t nonce) noexcept
{
    destroy(ownKeyPath(nonce));
}

std::string Segments::home(const std::uint8_t (&entry)[16]) noexcept
{
    return RuntimeDirectory::instance().home(entry);
}

// Newer Qt removes a key file that it has made itself too soon.
bool Segments::createKeyFile(const QString &path) noexcept
{
    return ::close(::open(QFile::encodeName(path).constData(), O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == 0;
}

// Newer Qt makes a semaphore beside each segment, which goes with the QSharedMemory that has made it; but ours stay until the process ends.
void Segments::removeSemaphore(const QString &path) noexcept
{
    const key_t key = keyOf(QFile::encodeName(path));
    const int set = key == -1 ? -1 : ::semget(key, 1, 0);
    if (set != -1)
        ::semctl(set, 0, IPC_RMID);
}

bool Segments::isMapped(const QString &path) noexcept
{
    const key_t key = keyOf(QFile::encodeName(path));
    const int id = key == -1 ? -1 : ::shmget(key, 0, 0);
    struct shmid_ds info;
    return id != -1 && ::shmctl(id, IPC_STAT, &info) == 0 && info.shm_nattch > 0;
}

void Segments::destroy(const QString &path) noexcept
{
    const QByteArray name = QFile::encodeName(path);
    // magic first, since another program may have the same key
    const key_t key = keyOf(name);
    const int id = key == -1 ? -1 : ::shmget(key, 0, 0);
    if (id != -1) {
        void *base = ::shmat(id, nullptr, SHM_RDONLY);
        if (base != reinterpret_cast<void *>(-1)) {
            struct shmid_ds info;
            const bool readable = ::shmctl(id, IPC_STAT, &info) == 0 && info.shm_segsz >= sizeof(aio_raw::OwnSegmentHeader);
            const auto *header = static_cast<const aio_raw::SegmentHeader *>(base);
            const QByteArray arena = "/a-" + QByteArray(reinterpret_cast<const char *>(header->arena), 16).toHex() + '/';
            // a segment that was never filled in has no header; nobody else makes one of this size and user by this key
            const bool sizeIsOurs = info.shm_segsz == aio_raw::SegmentBytes || name.contains("/own-");
            const bool blank = readable && header->magic == 0 && sizeIsOurs && info.shm_nattch <= 1;
            if (readable && (blank || (header->magic == aio_raw::ArenaMagic && name.contains(arena) && hasNonceOf(name, base))))
                ::shmctl(id, IPC_RMID, nullptr);
            ::shmdt(base);
        }
    }
    removeSemaphore(path);
    ::unlink(name.constData());
}

} // namespace aio_detail

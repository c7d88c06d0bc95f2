// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "shm/aioruntimedirectory_p.h"
#include "shm/rawarena.h"

#include <QMutex>
#include <QString>

#include <memory>
#include <vector>

QT_BEGIN_NAMESPACE
class QSharedMemory;
QT_END_NAMESPACE

namespace aio_detail {

/*
 * The segments of one arena over QSharedMemory, whose native keys are files in the arena's own directory: no tmp cleaner
 * and no foreign program can take them. System V keys collide (ftok uses 16 bits of the inode), so a create that meets
 * an existing key takes another file, and an attach believes the header only. Mappings stay until the process ends:
 * guards live in them. Segments that a single block or object has for itself come and go; QSharedMemory is not used for these, since its detaching
 * looks for the key once more, which may be that of another segment by then, and removes that.
 */
class Segments final : public aio_raw::SegmentSource
{
public:
    explicit Segments(const Identity &arena);
    ~Segments() override;

    char *map(unsigned index, std::uint64_t nonce) noexcept override;
    char *create(unsigned index, std::uint64_t &nonce) noexcept override;
    void discard(unsigned index, std::uint64_t nonce) noexcept override;
    char *createOwn(std::uint64_t nonce, std::size_t bytes) noexcept override;
    char *mapOwn(std::uint64_t nonce, std::size_t bytes) noexcept override;
    void unmapOwn(char *memory) noexcept override;
    void discardOwn(std::uint64_t nonce) noexcept override;
    std::string home(const std::uint8_t (&entry)[16]) noexcept override;

    /* Why map() or create() failed last: for the error message. */
    QString lastError() const;
    /* What map() has found last is an arena that others use, but not one for this process. */
    bool isMisfit() const { return m_isMisfit; }

    /* Removes the segment of the key file \a key, whoever made it, and the file. */
    static void destroy(const QString &key) noexcept;
    /* Whether some process has it mapped. */
    static bool isMapped(const QString &key) noexcept;

private:
    QString ownKeyPath(std::uint64_t nonce) const { return keyPath(QStringLiteral("own"), nonce); }
    void writeOwnHead(void *base, std::uint64_t nonce, std::size_t bytes) const noexcept;
    bool isOwn(const void *base, std::size_t size, std::uint64_t nonce, std::size_t bytes) const noexcept;
    static bool createKeyFile(const QString &path) noexcept;
    static void removeSemaphore(const QString &path) noexcept;
    QString keyPath(const QString &number, std::uint64_t nonce) const;
    QString keyPath(unsigned index, std::uint64_t nonce) const { return keyPath(QString::number(index), nonce); }
    void setError(const QString &error);
    char *keep(std::unique_ptr<QSharedMemory> memory);
    char *attachOwn(int id);

    Identity m_arena;
    mutable QMutex m_mutex;
    QString m_error;
    bool m_isMisfit = false;
    std::vector<std::unique_ptr<QSharedMemory>> m_attached;     // until the process ends
};

} // namespace aio_detail

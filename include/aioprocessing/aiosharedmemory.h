// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiolock.h>
#include <aioprocessing/aioobject.h>

#include <span>

class AioSharedMemoryPrivate;

/*!
 * \class AioSharedMemory
 * \brief A piece of memory that processes share, as large as the system allows.
 *
 * \code
 * AioSharedMemory samples(64 << 20);                       // zeros
 * AioProcess worker(AioCall::to<&analyse>(samples));       // void analyse(AioSharedMemory &samples)
 * AioSharedMemory table(QStringLiteral("table"), 4096);    // the same in each program that opens it by this name
 * \endcode
 *
 * As a QSharedMemory, with what that leaves to its users: it needs no key of its own, can be passed to workers and through queues, and is
 * gone when its last user is, however he ends. It does not count for AioContext::setMemoryLimit(). For values of one type AioArray is
 * simpler, and for what goes from process to process AioBuffer.
 *
 * Guarantees: it lives as long as a process has it open, and is of the size it was made with. Opening it takes no lock that a dead
 * process might hold.
 *
 * Nobody needs lock() to read or write; who reads, changes and writes takes it, so that others who do the same do not interfere.
 *
 * Threads and lifetime: see AioObject. Nothing here waits but the lock. The memory stays where it is as long as the object lives.
 *
 * Errors: AioException with UsageError for a size of 0 or less, OutOfResources when the system has no memory, NotFound when what a handle
 * or a key names is gone, AlreadyExists when a key names something else, or memory of another size.
 *
 * Python: multiprocessing.shared_memory.SharedMemory; there is no unlink(), and no process that removes it under the others.
 *
 * \sa AioArray, AioBuffer
 */
class AIOPROCESSING_EXPORT AioSharedMemory : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(qsizetype size READ size CONSTANT)
public:
    /*! \a size bytes of zeros in the default context, or in \a context. */
    explicit AioSharedMemory(qsizetype size, QObject *parent = nullptr);
    AioSharedMemory(qsizetype size, AioContext &context, QObject *parent = nullptr);
    /*! The memory called \a key, made if need be. Programs that name it share it. */
    AioSharedMemory(const QString &key, qsizetype size, QObject *parent = nullptr);
    AioSharedMemory(const QString &key, qsizetype size, AioContext &context, QObject *parent = nullptr);
    /*! The memory called \a key, of whatever size, that somebody has open. */
    explicit AioSharedMemory(const QString &key, QObject *parent = nullptr);
    AioSharedMemory(const QString &key, AioContext &context, QObject *parent = nullptr);
    /*! What \a handle names. */
    explicit AioSharedMemory(const AioHandle &handle, QObject *parent = nullptr);
    ~AioSharedMemory() override;

    char *data();
    const char *data() const { return constData(); }
    const char *constData() const;
    /*! In bytes. */
    qsizetype size() const;
    std::span<char> span() { return {data(), std::size_t(size())}; }
    std::span<const char> span() const { return {constData(), std::size_t(size())}; }

    /*! The lock that goes with the memory. Who dies with it has perhaps left half of a change: the next one is told (AioLock::wasAbandoned()). */
    AioLock &lock() const;
    QString describe() const override;

private:
    AioSharedMemoryPrivate *d() const;
};

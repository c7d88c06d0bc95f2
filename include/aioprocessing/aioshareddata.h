// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiolock.h>
#include <aioprocessing/aioobject.h>

#include <cstddef>
#include <type_traits>

class AioSharedDataPrivate;

/*! Types that mean the same in every process: bytes without pointers. A struct that hides a pointer cannot be told from others. */
template<class T>
concept AioPlainData = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !std::is_null_pointer_v<T>
                       && !std::is_member_pointer_v<T> && !std::is_const_v<T> && alignof(T) <= 64;

/*!
 * \class AioSharedData
 * \brief What AioValue and AioArray have in common: memory of a fixed size that processes share, and a lock that goes with it.
 *
 * Nobody needs the lock to read or write; whoever reads, changes and writes, or handles more than one element, takes it so that others
 * who do the same do not interfere. The memory lives as long as any process has the object open.
 *
 * Threads and lifetime: see AioObject. Nothing here waits but the lock.
 *
 * Errors: AioException with UsageError for a negative size, TooLarge for more than the context's memory limit,
 * OutOfResources when there is no memory at once; from a handle NotFound when the object is gone and TypeMismatch when its elements
 * are of another type.
 *
 * \sa AioValue, AioArray
 */
class AIOPROCESSING_EXPORT AioSharedData : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(qsizetype byteSize READ byteSize CONSTANT)
public:
    ~AioSharedData() override;

    /*! The lock that goes with the memory. Who dies with it has perhaps left half of a change: the next one is told (AioLock::wasAbandoned()). */
    AioLock &lock() const;
    /*! The size of the memory in bytes. */
    qsizetype byteSize() const;
    QString describe() const override;

protected:
    /*! \a count elements of \a type, zeroed, in \a context. */
    AioSharedData(AioHandle::Kind kind, QMetaType type, qsizetype count, AioContext &context, QObject *parent);
    /*! What \a handle names. */
    AioSharedData(AioHandle::Kind kind, QMetaType type, const AioHandle &handle, QObject *parent);

    void *bytes() const;
    [[noreturn]] void throwNoElement(qsizetype index, qsizetype size) const;

private:
    AioSharedDataPrivate *d() const;
};

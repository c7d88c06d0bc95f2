// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioshareddata.h>

#include <QList>

#include <algorithm>
#include <span>

/*!
 * \class AioArray
 * \brief A fixed number of values, side by side in shared memory.
 *
 * \code
 * AioArray<double> row(1000);                          // zeros
 * AioProcess worker(AioCall::to<&prefixSum>(row));     // void prefixSum(AioArray<double> &row)
 * const AioLocker locker = co_await row.lock().coro_locker();
 * std::partial_sum(row.begin(), row.end(), row.begin());
 * \endcode
 *
 * Elements are plain memory: reading and writing them is no system call and takes no lock. Whoever relies on several elements, or on one
 * that others change, holds lock().
 *
 * Python: multiprocessing.Array.
 *
 * \sa AioValue, AioSharedData, AioBuffer
 */
template<AioPlainData T>
class AioArray : public AioSharedData
{
public:
    /*! \a size zeros in the default context, or in \a context. */
    explicit AioArray(qsizetype size, QObject *parent = nullptr) : AioArray(size, *AioContext::defaultContext(), parent) {}
    AioArray(qsizetype size, AioContext &context, QObject *parent = nullptr)
        : AioSharedData(AioHandle::Array, QMetaType::fromType<T>(), size, context, parent) {}
    /*! A copy of \a initial. */
    explicit AioArray(const QList<T> &initial, QObject *parent = nullptr) : AioArray(initial, *AioContext::defaultContext(), parent) {}
    AioArray(const QList<T> &initial, AioContext &context, QObject *parent = nullptr) : AioArray(initial.size(), context, parent)
    { std::copy(initial.cbegin(), initial.cend(), begin()); }
    /*! The array that \a handle names. */
    explicit AioArray(const AioHandle &handle, QObject *parent = nullptr)
        : AioSharedData(AioHandle::Array, QMetaType::fromType<T>(), handle, parent) {}

    qsizetype size() const { return byteSize() / qsizetype(sizeof(T)); }
    bool isEmpty() const { return size() == 0; }
    T *data() { return static_cast<T *>(bytes()); }
    const T *data() const { return static_cast<const T *>(bytes()); }
    T *begin() { return data(); }
    T *end() { return data() + size(); }
    const T *begin() const { return data(); }
    const T *end() const { return data() + size(); }
    std::span<T> span() { return {data(), std::size_t(size())}; }
    std::span<const T> span() const { return {data(), std::size_t(size())}; }

    /*! Unchecked, as in a C++ array; at() throws UsageError for an index that there is not. */
    T &operator[](qsizetype index) { return data()[index]; }
    const T &operator[](qsizetype index) const { return data()[index]; }
    T &at(qsizetype index) { return data()[checked(index)]; }
    const T &at(qsizetype index) const { return data()[checked(index)]; }

    void fill(const T &value) { std::fill(begin(), end(), value); }
    QList<T> toList() const { return QList<T>(begin(), end()); }

private:
    qsizetype checked(qsizetype index) const
    {
        if (index < 0 || index >= size())
            throwNoElement(index, size());
        return index;
    }
};

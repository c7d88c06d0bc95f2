// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioshareddata.h>

#include <QVariant>

/*!
 * \class AioShareableList
 * \brief A fixed number of values of the simple types, side by side in shared memory, each of which may be replaced by another one.
 *
 * \code
 * AioShareableList row({1, 2.5, QStringLiteral("label"), true, QVariant()});
 * AioProcess worker(AioCall::to<&relabel>(row));       // void relabel(AioShareableList &row) { row.set(2, QStringLiteral("new")); }
 * \endcode
 *
 * Values are whole numbers (of 64 bits), floating point numbers, truth values, text, bytes and invalid QVariants. Text and bytes have room for as much as
 * stood there at first, rounded up; whatever comes with a number has room for eight bytes.
 *
 * Guarantees: who reads gets a value that somebody has written, whole, also while another one is being written, and after its writer died in the
 * middle: then the one before. Nobody waits. Two who may write the same element at the same time, and whoever reads, changes and
 * writes, hold lock(), as with AioArray.
 *
 * Threads and lifetime: see AioSharedData.
 *
 * Errors: those of AioSharedData; UsageError for an index that there is not, TooLarge for text or bytes that have no room, Unserializable for
 * values of other types. Such a call has changed nothing.
 *
 * Python: multiprocessing.shared_memory.ShareableList, whose memory looks otherwise. Unlike there a value is never seen half, bytes
 * keep the zeros at their end, and there is a lock.
 *
 * \sa AioArray
 */
class AIOPROCESSING_EXPORT AioShareableList : public AioSharedData
{
    Q_OBJECT
    Q_PROPERTY(qsizetype size READ size CONSTANT)
public:
    /*! A list with the values of \a initial in the default context, or in \a context. */
    explicit AioShareableList(const QVariantList &initial, QObject *parent = nullptr);
    AioShareableList(const QVariantList &initial, AioContext &context, QObject *parent = nullptr);
    /*! The list that \a handle names. */
    explicit AioShareableList(const AioHandle &handle, QObject *parent = nullptr);
    ~AioShareableList() override;

    qsizetype size() const;
    bool isEmpty() const { return size() == 0; }
    /*! The value at \a index. Whole numbers are qlonglong. */
    QVariant at(qsizetype index) const;
    void set(qsizetype index, const QVariant &value);
    /*! How many bytes (text: in UTF-8) have room at \a index. */
    qsizetype room(qsizetype index) const;

    /*! Where \a value comes first, from \a from on; -1: nowhere. */
    qsizetype indexOf(const QVariant &value, qsizetype from = 0) const;
    bool contains(const QVariant &value) const { return indexOf(value) >= 0; }
    qsizetype count(const QVariant &value) const;
    /*! All values, read one after the other. */
    QVariantList toList() const;

private:
    struct Slot;
    const Slot &slotAt(qsizetype index) const;
};

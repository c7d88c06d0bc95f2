// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioproxy.h>

/*!
 * \class AioList
 * \brief A list that lives with a manager.
 *
 * \code
 * AioList *names = manager.createList({QStringLiteral("a"), QStringLiteral("b")});
 * co_await names->coro_append(QStringLiteral("c"));
 * const QVariant last = co_await names->coro_at(-1);
 * \endcode
 *
 * Indexes that are less than 0 count from the end, as in Python. What is read is a copy.
 *
 * Each operation waits for the manager; the coroutine forms emit called(). Guarantees, threads and errors: those of AioProxy.
 *
 * Python: multiprocessing.managers.ListProxy.
 *
 * \sa AioManager
 */
class AIOPROCESSING_EXPORT AioList : public AioProxy
{
    Q_OBJECT
public:
    using AioProxy::AioProxy;
    ~AioList() override;

    /*! The item at \a index. Throws NotFound when there is none. */
    QVariant at(qsizetype index);
    QCoro::Task<QVariant> coro_at(qsizetype index, std::stop_token stop = {});
    /*! Sets the item at \a index. Throws NotFound when there is none. */
    void replace(qsizetype index, const QVariant &value);
    QCoro::Task<> coro_replace(qsizetype index, QVariant value, std::stop_token stop = {});
    /*! Adds \a value at the end. */
    void append(const QVariant &value);
    QCoro::Task<> coro_append(QVariant value, std::stop_token stop = {});
    /*! Adds all \a values at the end, in one step. */
    void extend(const QVariantList &values);
    QCoro::Task<> coro_extend(QVariantList values, std::stop_token stop = {});
    /*! Adds \a value before \a index. */
    void insert(qsizetype index, const QVariant &value);
    QCoro::Task<> coro_insert(qsizetype index, QVariant value, std::stop_token stop = {});
    /*! Removes the item at \a index. Throws NotFound when there is none. */
    void removeAt(qsizetype index);
    QCoro::Task<> coro_removeAt(qsizetype index, std::stop_token stop = {});
    /*! Removes the first item that is \a value. Throws UsageError when there is none. */
    void removeOne(const QVariant &value);
    QCoro::Task<> coro_removeOne(QVariant value, std::stop_token stop = {});
    /*! Removes the item at \a index, by default the last one, and returns it. Throws NotFound when there is none. */
    QVariant takeAt(qsizetype index = -1);
    QCoro::Task<QVariant> coro_takeAt(qsizetype index = -1, std::stop_token stop = {});
    /*! How many items there are. */
    qsizetype size();
    QCoro::Task<qsizetype> coro_size(std::stop_token stop = {});
    /*! How many items are \a value. */
    qsizetype count(const QVariant &value);
    QCoro::Task<qsizetype> coro_count(QVariant value, std::stop_token stop = {});
    /*! Whether some item is \a value. */
    bool contains(const QVariant &value);
    QCoro::Task<bool> coro_contains(QVariant value, std::stop_token stop = {});
    /*! The first place of \a value. Throws UsageError when there is none. */
    qsizetype indexOf(const QVariant &value);
    QCoro::Task<qsizetype> coro_indexOf(QVariant value, std::stop_token stop = {});
    /*! Reverses the order. */
    void reverse();
    QCoro::Task<> coro_reverse(std::stop_token stop = {});
    /*! Sorts the items, which must be numbers, or text. Throws TypeMismatch when they are not. */
    void sort();
    QCoro::Task<> coro_sort(std::stop_token stop = {});
    /*! A copy. */
    QVariantList toList();
    QCoro::Task<QVariantList> coro_toList(std::stop_token stop = {});
};

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioproxy.h>

/*!
 * \class AioDict
 * \brief A dictionary that lives with a manager.
 *
 * \code
 * AioDict *results = manager.createDict();
 * co_await results->coro_insert(QStringLiteral("page-7"), 42);
 * const QVariant found = co_await results->coro_value(QStringLiteral("page-7"));
 * \endcode
 *
 * Keys are what Python can hash: text, numbers, bytes, tuples. The order is that in which keys were first set. A list within it is a copy when it is
 * read; to change it in place let it be an AioList.
 *
 * Each operation waits for the manager; the coroutine forms emit called(). Guarantees, threads and errors: those of AioProxy.
 *
 * Python: multiprocessing.managers.DictProxy.
 *
 * \sa AioManager
 */
class AIOPROCESSING_EXPORT AioDict : public AioProxy
{
    Q_OBJECT
public:
    using AioProxy::AioProxy;
    ~AioDict() override;

    /*! The value of \a key, or \a otherwise. */
    QVariant value(const QVariant &key, const QVariant &otherwise = {});
    QCoro::Task<QVariant> coro_value(QVariant key, QVariant otherwise = {}, std::stop_token stop = {});
    /*! Sets the value of \a key. */
    void insert(const QVariant &key, const QVariant &value);
    QCoro::Task<> coro_insert(QVariant key, QVariant value, std::stop_token stop = {});
    /*! Whether there is \a key. */
    bool contains(const QVariant &key);
    QCoro::Task<bool> coro_contains(QVariant key, std::stop_token stop = {});
    /*! Removes \a key. Throws NotFound when there is none. */
    void remove(const QVariant &key);
    QCoro::Task<> coro_remove(QVariant key, std::stop_token stop = {});
    /*! Removes \a key and returns its value, or \a otherwise. */
    QVariant take(const QVariant &key, const QVariant &otherwise = {});
    QCoro::Task<QVariant> coro_take(QVariant key, QVariant otherwise = {}, std::stop_token stop = {});
    /*! The value of \a key, which is set to \a value if there is none: in one step, whoever else does that. */
    QVariant setDefault(const QVariant &key, const QVariant &value);
    QCoro::Task<QVariant> coro_setDefault(QVariant key, QVariant value, std::stop_token stop = {});
    /*! Sets all that \a other has. */
    void update(const QVariantMap &other);
    QCoro::Task<> coro_update(QVariantMap other, std::stop_token stop = {});
    /*! Removes everything. */
    void clear();
    QCoro::Task<> coro_clear(std::stop_token stop = {});
    /*! How many keys there are. */
    qsizetype size();
    QCoro::Task<qsizetype> coro_size(std::stop_token stop = {});
    /*! The keys, and the values, in order. */
    QVariantList keys();
    QCoro::Task<QVariantList> coro_keys(std::stop_token stop = {});
    QVariantList values();
    QCoro::Task<QVariantList> coro_values(std::stop_token stop = {});
    /*! A copy; for dictionaries whose keys are text. */
    QVariantMap toMap();
    QCoro::Task<QVariantMap> coro_toMap(std::stop_token stop = {});
};

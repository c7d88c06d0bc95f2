// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiodict.h>

AioDict::~AioDict() = default;

QVariant AioDict::value(const QVariant &key, const QVariant &otherwise)
{
    return callNow("get", {key, otherwise});
}

QCoro::Task<QVariant> AioDict::coro_value(QVariant key, QVariant otherwise, std::stop_token stop)
{
    return coro_callAs<QVariant>("get", {key, otherwise}, std::move(stop));
}

void AioDict::insert(const QVariant &key, const QVariant &value)
{
    callNow("__setitem__", {key, value});
}

QCoro::Task<> AioDict::coro_insert(QVariant key, QVariant value, std::stop_token stop)
{
    return coro_do("__setitem__", {key, value}, std::move(stop));
}

bool AioDict::contains(const QVariant &key)
{
    return callNow("__contains__", {key}).value<bool>();
}

QCoro::Task<bool> AioDict::coro_contains(QVariant key, std::stop_token stop)
{
    return coro_callAs<bool>("__contains__", {key}, std::move(stop));
}

void AioDict::remove(const QVariant &key)
{
    callNow("__delitem__", {key});
}

QCoro::Task<> AioDict::coro_remove(QVariant key, std::stop_token stop)
{
    return coro_do("__delitem__", {key}, std::move(stop));
}

QVariant AioDict::take(const QVariant &key, const QVariant &otherwise)
{
    return callNow("pop", {key, otherwise});
}

QCoro::Task<QVariant> AioDict::coro_take(QVariant key, QVariant otherwise, std::stop_token stop)
{
    return coro_callAs<QVariant>("pop", {key, otherwise}, std::move(stop));
}

QVariant AioDict::setDefault(const QVariant &key, const QVariant &value)
{
    return callNow("setdefault", {key, value});
}

QCoro::Task<QVariant> AioDict::coro_setDefault(QVariant key, QVariant value, std::stop_token stop)
{
    return coro_callAs<QVariant>("setdefault", {key, value}, std::move(stop));
}

void AioDict::update(const QVariantMap &other)
{
    callNow("update", {other});
}

QCoro::Task<> AioDict::coro_update(QVariantMap other, std::stop_token stop)
{
    return coro_do("update", {other}, std::move(stop));
}

void AioDict::clear()
{
    callNow("clear");
}

QCoro::Task<> AioDict::coro_clear(std::stop_token stop)
{
    return coro_do("clear", {}, std::move(stop));
}

qsizetype AioDict::size()
{
    return callNow("__len__").value<qsizetype>();
}

QCoro::Task<qsizetype> AioDict::coro_size(std::stop_token stop)
{
    return coro_callAs<qsizetype>("__len__", {}, std::move(stop));
}

QVariantList AioDict::keys()
{
    return callNow("keys").value<QVariantList>();
}

QCoro::Task<QVariantList> AioDict::coro_keys(std::stop_token stop)
{
    return coro_callAs<QVariantList>("keys", {}, std::move(stop));
}

QVariantList AioDict::values()
{
    return callNow("values").value<QVariantList>();
}

QCoro::Task<QVariantList> AioDict::coro_values(std::stop_token stop)
{
    return coro_callAs<QVariantList>("values", {}, std::move(stop));
}

QVariantMap AioDict::toMap()
{
    return callNow("copy").value<QVariantMap>();
}

QCoro::Task<QVariantMap> AioDict::coro_toMap(std::stop_token stop)
{
    return coro_callAs<QVariantMap>("copy", {}, std::move(stop));
}

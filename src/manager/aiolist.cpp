// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiolist.h>

#include <aioprocessing/aioremoteobject.h>

#include <limits>

namespace {

// Python's list has copy() as a method of proxies from 3.14 on only
QVariant everything()
{
    const QVariantList bounds{0ll, qlonglong(std::numeric_limits<int>::max()), QVariant()};
    return QVariant::fromValue(AioRemoteObject::call(QStringLiteral("builtins"), QStringLiteral("slice"), bounds));
}

} // namespace

AioList::~AioList() = default;

QVariant AioList::at(qsizetype index)
{
    return callNow("__getitem__", {index});
}

QCoro::Task<QVariant> AioList::coro_at(qsizetype index, std::stop_token stop)
{
    return coro_callAs<QVariant>("__getitem__", {index}, std::move(stop));
}

void AioList::replace(qsizetype index, const QVariant &value)
{
    callNow("__setitem__", {index, value});
}

QCoro::Task<> AioList::coro_replace(qsizetype index, QVariant value, std::stop_token stop)
{
    return coro_do("__setitem__", {index, value}, std::move(stop));
}

void AioList::append(const QVariant &value)
{
    callNow("append", {value});
}

QCoro::Task<> AioList::coro_append(QVariant value, std::stop_token stop)
{
    return coro_do("append", {value}, std::move(stop));
}

void AioList::extend(const QVariantList &values)
{
    callNow("extend", {QVariant(values)});
}

QCoro::Task<> AioList::coro_extend(QVariantList values, std::stop_token stop)
{
    return coro_do("extend", {QVariant(values)}, std::move(stop));
}

void AioList::insert(qsizetype index, const QVariant &value)
{
    callNow("insert", {index, value});
}

QCoro::Task<> AioList::coro_insert(qsizetype index, QVariant value, std::stop_token stop)
{
    return coro_do("insert", {index, value}, std::move(stop));
}

void AioList::removeAt(qsizetype index)
{
    callNow("__delitem__", {index});
}

QCoro::Task<> AioList::coro_removeAt(qsizetype index, std::stop_token stop)
{
    return coro_do("__delitem__", {index}, std::move(stop));
}

void AioList::removeOne(const QVariant &value)
{
    callNow("remove", {value});
}

QCoro::Task<> AioList::coro_removeOne(QVariant value, std::stop_token stop)
{
    return coro_do("remove", {value}, std::move(stop));
}

QVariant AioList::takeAt(qsizetype index)
{
    return callNow("pop", {index});
}

QCoro::Task<QVariant> AioList::coro_takeAt(qsizetype index, std::stop_token stop)
{
    return coro_callAs<QVariant>("pop", {index}, std::move(stop));
}

qsizetype AioList::size()
{
    return callNow("__len__").value<qsizetype>();
}

QCoro::Task<qsizetype> AioList::coro_size(std::stop_token stop)
{
    return coro_callAs<qsizetype>("__len__", {}, std::move(stop));
}

qsizetype AioList::count(const QVariant &value)
{
    return callNow("count", {value}).value<qsizetype>();
}

QCoro::Task<qsizetype> AioList::coro_count(QVariant value, std::stop_token stop)
{
    return coro_callAs<qsizetype>("count", {value}, std::move(stop));
}

bool AioList::contains(const QVariant &value)
{
    return callNow("__contains__", {value}).value<bool>();
}

QCoro::Task<bool> AioList::coro_contains(QVariant value, std::stop_token stop)
{
    return coro_callAs<bool>("__contains__", {value}, std::move(stop));
}

qsizetype AioList::indexOf(const QVariant &value)
{
    return callNow("index", {value}).value<qsizetype>();
}

QCoro::Task<qsizetype> AioList::coro_indexOf(QVariant value, std::stop_token stop)
{
    return coro_callAs<qsizetype>("index", {value}, std::move(stop));
}

void AioList::reverse()
{
    callNow("reverse");
}

QCoro::Task<> AioList::coro_reverse(std::stop_token stop)
{
    return coro_do("reverse", {}, std::move(stop));
}

void AioList::sort()
{
    callNow("sort");
}

QCoro::Task<> AioList::coro_sort(std::stop_token stop)
{
    return coro_do("sort", {}, std::move(stop));
}

QVariantList AioList::toList()
{
    return callNow("__getitem__", {everything()}).toList();
}

QCoro::Task<QVariantList> AioList::coro_toList(std::stop_token stop)
{
    return coro_callAs<QVariantList>("__getitem__", {everything()}, std::move(stop));
}

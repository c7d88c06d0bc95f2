// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioarrayproxy.h>

AioArrayProxy::~AioArrayProxy() = default;

QVariant AioArrayProxy::at(qsizetype index)
{
    return callNow("__getitem__", {index});
}

QCoro::Task<QVariant> AioArrayProxy::coro_at(qsizetype index, std::stop_token stop)
{
    return coro_callAs<QVariant>("__getitem__", {index}, std::move(stop));
}

void AioArrayProxy::replace(qsizetype index, const QVariant &value)
{
    callNow("__setitem__", {index, value});
}

QCoro::Task<> AioArrayProxy::coro_replace(qsizetype index, QVariant value, std::stop_token stop)
{
    return coro_do("__setitem__", {index, value}, std::move(stop));
}

qsizetype AioArrayProxy::size()
{
    return callNow("__len__").value<qsizetype>();
}

QCoro::Task<qsizetype> AioArrayProxy::coro_size(std::stop_token stop)
{
    return coro_callAs<qsizetype>("__len__", {}, std::move(stop));
}

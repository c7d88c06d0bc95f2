// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiovalueproxy.h>

AioValueProxy::~AioValueProxy() = default;

QVariant AioValueProxy::value()
{
    return callNow("get");
}

QCoro::Task<QVariant> AioValueProxy::coro_value(std::stop_token stop)
{
    return coro_callAs<QVariant>("get", {}, std::move(stop));
}

void AioValueProxy::setValue(const QVariant &value)
{
    callNow("set", {value});
}

QCoro::Task<> AioValueProxy::coro_setValue(QVariant value, std::stop_token stop)
{
    return coro_do("set", {value}, std::move(stop));
}

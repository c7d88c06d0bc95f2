// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aionamespace.h>

AioNamespace::~AioNamespace() = default;

QVariant AioNamespace::value(const QString &name)
{
    return callNow("__getattribute__", {name});
}

QCoro::Task<QVariant> AioNamespace::coro_value(QString name, std::stop_token stop)
{
    return coro_callAs<QVariant>("__getattribute__", {name}, std::move(stop));
}

void AioNamespace::setValue(const QString &name, const QVariant &value)
{
    callNow("__setattr__", {name, value});
}

QCoro::Task<> AioNamespace::coro_setValue(QString name, QVariant value, std::stop_token stop)
{
    return coro_do("__setattr__", {name, value}, std::move(stop));
}

void AioNamespace::remove(const QString &name)
{
    callNow("__delattr__", {name});
}

QCoro::Task<> AioNamespace::coro_remove(QString name, std::stop_token stop)
{
    return coro_do("__delattr__", {name}, std::move(stop));
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioproxy.h>

#include "sync/aioobject_p.h"

using namespace aio_detail;

AioProxy::AioProxy(const AioHandle &handle, QObject *parent) : AioProxy(RemoteBackend::open(handle), parent) { }
AioProxy::AioProxy(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(remote, AioHandle::Proxy), parent)
{ }
AioProxy::~AioProxy() = default;

QVariant AioProxy::call(const QString &method, const QVariantList &arguments, const QVariantMap &keywords, std::stop_token stop)
{
    RemoteCall call("AioProxy::call", method, arguments);
    call.keywords = keywords;
    call.stop = std::move(stop);
    return *callRemote(this, *d_ptr, call);
}

QCoro::Task<QVariant> AioProxy::coro_call(QString method, QVariantList arguments, QVariantMap keywords, std::stop_token stop)
{
    RemoteCall call("AioProxy::coro_call", method, arguments);
    call.keywords = keywords;
    call.stop = std::move(stop);
    const auto done = [this, method](const QVariant &result) { Q_EMIT called(method, result); };
    const std::optional<QVariant> result = co_await callRemoteLater(this, *d_ptr, call, done);
    co_return *result;
}

QVariant AioProxy::callNow(const char *method, const QVariantList &arguments)
{
    return call(QString::fromLatin1(method), arguments);
}

QCoro::Task<> AioProxy::coro_do(const char *method, QVariantList arguments, std::stop_token stop)
{
    const QVariant nothing = co_await coro_call(QString::fromLatin1(method), std::move(arguments), {}, std::move(stop));
    Q_UNUSED(nothing);
}

QString AioProxy::text()
{
    return callNow("__str__").toString();
}

QCoro::Task<QString> AioProxy::coro_text(std::stop_token stop)
{
    return coro_callAs<QString>("__str__", {}, std::move(stop));
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aioproxybackend_p.h"

#include "base/aioguiwarning_p.h"

namespace aio_detail {

namespace {

[[maybe_unused]] const bool isOpenerKnown = (RemoteBackend::opener = &ProxyBackend::open, true);

} // namespace

ProxyBackend::ProxyBackend(std::shared_ptr<ManagerLink> link, const QString &ident, AioHandle::Kind kind, const QVariant &detail)
    : m_link(std::move(link)), m_ident(ident),
      m_handle(kind, m_link->run(), ident.toULongLong(nullptr, 16), m_link->address().toString()), m_detail(detail)
{
}

ProxyBackend::~ProxyBackend()
{
    close();
    if (!m_link->isLost())
        m_link->post({}, RemoteCall("AioProxy::close", "decref", {m_ident}));
}

RemoteResult ProxyBackend::call(const RemoteCall &call)
{
    warnIfGuiThread(call.operation);
    return m_link->call(m_ident, call, m_closing.get_token());
}

QCoro::Task<RemoteResult> ProxyBackend::callLater(RemoteCall call)
{
    return ManagerLink::callLater(m_link, m_ident, std::move(call), m_closing.get_token());
}

std::shared_ptr<RemoteBackend> ProxyBackend::makeCondition()
{
    const RemoteCall creating("AioCondition::create", "create", {QStringLiteral("Condition"), QVariant::fromValue(m_handle)});
    const RemoteResult result = m_link->call({}, creating);
    if (result.error)
        throw AioException(result.error);
    return std::make_shared<ProxyBackend>(m_link, result.value.toList().value(0).toString(), AioHandle::Condition);
}

std::shared_ptr<RemoteBackend> ProxyBackend::open(const AioHandle &handle)
{
    const char *const operation = "AioProxy::open";
    auto link = ManagerLink::to(AioAddress(handle.peer()));
    const QString ident = QString::number(handle.address(), 16);
    const RemoteCall referring(operation, "incref", {ident});
    RemoteResult known = link->call({}, referring);
    if (link->isLost()) {       // perhaps just now, and to an earlier run
        link = ManagerLink::to(AioAddress(handle.peer()));
        known = link->call({}, referring);
    }
    AioError error = known.error;
    // a number of another run may be that of another object
    if (!error && link->run() != handle.context()) {
        error.code = AioError::StaleProxy;
        link->post({}, RemoteCall(operation, "decref", {ident}));
    }
    if (error.code == AioError::StaleProxy || error.code == AioError::NotFound) {
        throwError(error.code == AioError::StaleProxy && link->run() != handle.context() ? AioError::StaleProxy : AioError::NotFound,
                   QStringLiteral("the object %1 is gone: keep a proxy of it until the other process has opened it").arg(handle.key()),
                   QLatin1StringView(operation), handle.key());
    }
    if (error)
        throw AioException(error);
    return std::make_shared<ProxyBackend>(link, ident, handle.kind());
}

} // namespace aio_detail

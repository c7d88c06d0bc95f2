// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagerlink_p.h"

namespace aio_detail {

/* An object of a manager, and this process's reference to it, as the backend of a face. */
class ProxyBackend final : public RemoteBackend
{
public:
    /* Takes over a reference to the object \a ident. */
    ProxyBackend(std::shared_ptr<ManagerLink> link, const QString &ident, AioHandle::Kind kind, const QVariant &detail = {});
    ~ProxyBackend() override;

    AioHandle handle() const override { return m_handle; }
    QVariant detail() const override { return m_detail; }
    RemoteResult call(const RemoteCall &call) override;
    QCoro::Task<RemoteResult> callLater(RemoteCall call) override;
    void post(const RemoteCall &call) override { m_link->post(m_ident, call); }
    std::shared_ptr<RemoteBackend> makeCondition() override;
    void close() override { m_closing.request_stop(); }

    /* What RemoteBackend::open() does. */
    static std::shared_ptr<RemoteBackend> open(const AioHandle &handle);

private:
    const std::shared_ptr<ManagerLink> m_link;
    const QString m_ident;
    const AioHandle m_handle;
    const QVariant m_detail;
    std::stop_source m_closing;
};

} // namespace aio_detail

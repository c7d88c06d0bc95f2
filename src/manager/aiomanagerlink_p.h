// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "base/aioapplicationend_p.h"
#include "manager/aiomanagerport_p.h"

#include <QThread>

namespace aio_detail {

/*
 * What this process has to do with one server, shared by the manager object and all proxies: calls from any thread, blocking or not.
 * Ends with the last of them; the server gives back then what this process still held.
 */
class ManagerLink : public std::enable_shared_from_this<ManagerLink>
{
public:
    /* The link to \a where: the one there is, if it is not lost, else a new one. */
    static std::shared_ptr<ManagerLink> to(const ManagerAddress &where);
    /* The same for an address that a handle names, with the key that was used there last, else that of this tree of processes. */
    static std::shared_ptr<ManagerLink> to(const AioAddress &address);
    ~ManagerLink();

    AioAddress address() const { return m_where.address; }
    QByteArray run() const { return m_port->run(); }
    bool isLost() const { return m_port->isLost(); }

    /* Each for the object \a ident, or the server itself where that is empty; \a closing cancels as the stop token of the call does. */
    RemoteResult call(const QString &ident, const RemoteCall &call, const std::stop_token &closing = {});
    static QCoro::Task<RemoteResult> callLater(std::shared_ptr<ManagerLink> self, QString ident, RemoteCall call,
                                               std::stop_token closing = {});
    void post(const QString &ident, const RemoteCall &call);

private:
    explicit ManagerLink(const ManagerAddress &where);
    void end();

    const ManagerAddress m_where;
    QThread m_thread;
    const std::shared_ptr<ManagerPort> m_port;
    const ApplicationEnd m_applicationEnd{[this] { end(); }};
};

} // namespace aio_detail

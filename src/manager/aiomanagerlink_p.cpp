// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagerlink_p.h"

#include "base/aiologging_p.h"
#include "manager/aiomanagererrors_p.h"
#include "process/aioidentity_p.h"

#include <aioprocessing/aiomessage.h>
#include <aioprocessing/aioremoteobject.h>
#include <aioprocessing/aiotask.h>
#include <aioprocessing/aioworker.h>

#include <QMap>

namespace aio_detail {

namespace {

struct Links
{
    std::mutex mutex;
    QMap<QString, std::weak_ptr<ManagerLink>> byAddress;
};

Links &links()
{
    static auto *all = new Links;       // never destroyed: proxies may outlive main()
    return *all;
}

// Has a call cancelled by either of two tokens, for as long as it lives.
class Cancelling
{
public:
    Cancelling(ManagerPort &port, const std::shared_ptr<PendingCall> &call, const std::stop_token &closing)
    {
        const std::function<void()> cancel = [&port, call] { port.cancel(call); };
        if (call->call.stop.stop_possible())
            m_byCaller.emplace(call->call.stop, cancel);
        if (closing.stop_possible())
            m_byClosing.emplace(closing, cancel);
    }

private:
    std::optional<std::stop_callback<std::function<void()>>> m_byCaller;
    std::optional<std::stop_callback<std::function<void()>>> m_byClosing;
};

// A coroutine's interest in a call: when its frame goes before it has the result, the call is cancelled, or undone.
class Interest
{
public:
    Interest(std::shared_ptr<ManagerLink> link, std::shared_ptr<ManagerPort> port, std::shared_ptr<PendingCall> call)
        : m_link(std::move(link)), m_port(std::move(port)), m_call(std::move(call)) {}
    ~Interest()
    {
        if (m_isOver)
            return;
        const std::optional<RemoteResult> untaken = m_call->abandon();
        if (!untaken)
            m_port->cancel(m_call);
        else if (!untaken->error && m_call->call.undo && !m_call->call.isOutOfTime(*untaken))
            m_link->post(m_call->ident, m_call->undoing(*untaken));
    }
    Q_DISABLE_COPY_MOVE(Interest)

    RemoteResult take()
    {
        m_isOver = true;
        return m_call->takeResult();
    }

private:
    const std::shared_ptr<ManagerLink> m_link;
    const std::shared_ptr<ManagerPort> m_port;
    const std::shared_ptr<PendingCall> m_call;
    bool m_isOver = false;
};

} // namespace

std::shared_ptr<ManagerLink> ManagerLink::to(const ManagerAddress &where)
{
    Links &all = links();
    const std::lock_guard lock(all.mutex);
    const QString name = where.address.toString();
    const QVariantList key{where.key, int(where.minimum)};
    rememberKey(name, key);
    if (const auto link = all.byAddress.value(name).lock(); link && !link->isLost() && link->m_where.key == where.key)
        return link;
    const std::shared_ptr<ManagerLink> link(new ManagerLink(where));
    all.byAddress.insert(name, link);
    return link;
}

std::shared_ptr<ManagerLink> ManagerLink::to(const AioAddress &address)
{
    ManagerAddress where;
    where.address = address;
    const QVariantList known = keyring().value(address.toString()).toList();
    if (known.size() == 2) {
        where.key = known[0].toByteArray();
        where.minimum = AioConnection::Digest(known[1].toInt());
    } else {
        where.key = AioProcessing::currentProcess().authKey;
    }
    return to(where);
}

ManagerLink::ManagerLink(const ManagerAddress &where) : m_where(where), m_port(std::make_shared<ManagerPort>(where))
{
    registerMetaType<AioHandle>();      // what a server sends
    registerMetaType<AioRemoteObject>();
    registerMetaType<AioError>();
    m_thread.setObjectName(QStringLiteral("AioManager"));
    m_port->moveToThread(&m_thread);
    m_thread.start();
    const auto start = [port = m_port] { port->start(); };
    QMetaObject::invokeMethod(m_port.get(), start, Qt::QueuedConnection);
}

ManagerLink::~ManagerLink()
{
    end();
}

void ManagerLink::end()
{
    if (m_thread.isFinished())
        return;
    const auto end = [port = m_port] { port->end(); };
    QMetaObject::invokeMethod(m_port.get(), end, Qt::QueuedConnection);
    m_thread.wait();
}

RemoteResult ManagerLink::call(const QString &ident, const RemoteCall &call, const std::stop_token &closing)
{
    if (call.stop.stop_requested() || closing.stop_requested())
        return RemoteResult(cancelledCall(QLatin1StringView(call.operation)));
    const auto pending = std::make_shared<PendingCall>(ident, call);
    const auto channel = m_port->submit(pending, true);
    const Cancelling cancelling(*m_port, pending, closing);
    return channel ? channel->wait(pending) : pending->wait();
}

QCoro::Task<RemoteResult> ManagerLink::callLater(std::shared_ptr<ManagerLink> self, QString ident, RemoteCall call, std::stop_token closing)
{
    Wakeup wakeup(call.operation);
    if (call.stop.stop_requested() || closing.stop_requested())
        co_return RemoteResult(cancelledCall(QLatin1StringView(call.operation)));
    const auto pending = std::make_shared<PendingCall>(ident, call);
    Interest interest(self, self->m_port, pending);
    const Wakeup::Trigger trigger = wakeup.trigger();
    pending->whenDone([trigger] { trigger(); });
    self->m_port->submit(pending);
    const Cancelling cancelling(*self->m_port, pending, closing);
    co_await wakeup.done();
    co_return interest.take();
}

void ManagerLink::post(const QString &ident, const RemoteCall &call)
{
    const auto pending = std::make_shared<PendingCall>(ident, call);
    pending->whenDone([weak = std::weak_ptr<PendingCall>(pending)] {
        const auto done = weak.lock();
        if (!done)
            return;
        const RemoteResult result = done->takeResult();
        if (result.error && result.error.code != AioError::Cancelled)
            qCWarning(lcAioManager) << "nobody waited for a call of a manager, and it failed:" << result.error;
    });
    m_port->submit(pending);
}

} // namespace aio_detail

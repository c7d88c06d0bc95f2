// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/aioremotequeue_p.h"

#include "codec/aiovariantcodec_p.h"
#include "queue/aioqueue_p.h"

namespace aio_detail {

RemoteCall puttingCall(const char *operation, const QVariant &value, const QDeadlineTimer &deadline, std::stop_token stop)
{
    return RemoteCall(operation, "put", {value}).waiting(RemoteCall::BlockAndTimeout, deadline, std::move(stop)).inParts();
}

RemoteCall gettingCall(const char *operation, const QDeadlineTimer &deadline, std::stop_token stop)
{
    return RemoteCall(operation, "get").waiting(RemoteCall::BlockAndTimeout, deadline, std::move(stop)).inParts().undoneBy("put");
}

QVariant valueOfMessage(QByteArrayView bytes)
{
    QVariant value;
    if (const AioError error = decodeVariant(bytes, value, "AioQueue::put"))
        throw AioException(error);
    return value;
}

// -- an item for a generator

struct NextItem::State
{
    State(std::shared_ptr<RemoteBackend> backend, const Wakeup::Trigger &whenAsked, const char *operation)
        : remote(std::move(backend)), trigger(whenAsked), call(gettingCall(operation, noDeadline(), stop.get_token()))
    {
    }
    void giveBack()
    {
        if (result && !result->error)
            remote->post(RemoteCall(call.operation, call.undo, {result->value}));
        result.reset();
    }

    const std::shared_ptr<RemoteBackend> remote;
    const Wakeup::Trigger trigger;
    std::stop_source stop;
    const RemoteCall call;
    std::optional<RemoteResult> result;
    bool isAbandoned = false;
};

NextItem::NextItem(std::shared_ptr<RemoteBackend> remote, const char *operation)
    : m_wakeup(operation), m_state(std::make_shared<State>(std::move(remote), m_wakeup.trigger(), operation))
{
    AioProcessing::spawn(ask(m_state));
}

NextItem::~NextItem()
{
    m_state->isAbandoned = true;
    m_state->giveBack();
    m_state->stop.request_stop();
}

QCoro::Task<> NextItem::ask(std::shared_ptr<State> state)
{
    RemoteResult result;
    try {
        result = co_await state->remote->callLater(state->call);
    } catch (const AioException &e) {
        result.error = e.error();
    }
    state->result = result;
    if (state->isAbandoned)
        state->giveBack();
    state->trigger();
}

const RemoteCall &NextItem::call() const
{
    return m_state->call;
}

RemoteResult NextItem::take()
{
    return *std::exchange(m_state->result, std::nullopt);
}

} // namespace aio_detail

using namespace aio_detail;

QCoro::Task<bool> AioQueue::putRemotelyLater(QVariant value, QDeadlineTimer deadline, std::stop_token stop)
{
    requireOpen("AioQueue::coro_put");
    const auto done = [this](const QVariant &) { Q_EMIT putDone(); };
    const RemoteCall call = puttingCall("AioQueue::coro_put", value, deadline, std::move(stop));
    const bool isPut = co_await doRemoteLater(this, *d_ptr, call, done);
    co_return isPut;
}

QCoro::Task<std::optional<QVariant>> AioQueue::takeRemotelyLater(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto done = [this](const QVariant &item) { announceGot(item, nullptr); };
    const RemoteCall call = gettingCall("AioQueue::coro_get", deadline, std::move(stop));
    const std::optional<QVariant> item = co_await callRemoteLater(this, *d_ptr, call, done);
    co_return item;
}

QCoro::AsyncGenerator<QVariant> AioQueue::remoteItems()
{
    const auto remote = d_ptr->remote;
    const auto waits = d_ptr->waits;
    for (;;) {
        NextItem next(remote, "AioQueue::coro_items");
        co_await next.done();
        const RemoteResult result = next.take();
        if (result.error.code == AioError::ShutDown)
            co_return;
        QVariant item = *concludeRemote(this, *waits, remote->handle(), next.call(), result);
        co_yield item;
    }
}

QCoro::Task<> AioQueue::shutDownRemotelyLater(bool immediate)
{
    const auto done = [this](const QVariant &) { Q_EMIT shutDownDone(); };
    const RemoteCall call("AioQueue::coro_shutDown", "shutdown", {immediate});
    co_await doRemoteLater(this, *d_ptr, call, done);
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/aioremote_p.h"

#include <aioprocessing/aiotask.h>

#include <optional>

/* What queues of managers ask for. */
namespace aio_detail {

RemoteCall puttingCall(const char *operation, const QVariant &value, const QDeadlineTimer &deadline, std::stop_token stop);
/* What nobody takes of what it got is put again. */
RemoteCall gettingCall(const char *operation, const QDeadlineTimer &deadline, std::stop_token stop);
/* A message that was written for shared memory. Throws AioException. */
QVariant valueOfMessage(QByteArrayView bytes);

/* An item for a generator, whose frame may go before it has come: then the queue keeps it. */
class NextItem
{
public:
    NextItem(std::shared_ptr<RemoteBackend> remote, const char *operation);
    ~NextItem();
    Q_DISABLE_COPY_MOVE(NextItem)

    Wakeup::Awaiter done() { return m_wakeup.done(); }
    const RemoteCall &call() const;
    RemoteResult take();

private:
    struct State;
    static QCoro::Task<> ask(std::shared_ptr<State> state);

    Wakeup m_wakeup;
    const std::shared_ptr<State> m_state;
};

} // namespace aio_detail

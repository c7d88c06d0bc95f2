// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/aiostate_p.h"

#include <QMetaMethod>
#include <QTimer>

namespace aio_detail {
namespace {

using namespace aio_raw;

constexpr std::chrono::milliseconds Pause(40);
constexpr char Name[] = "AioObject::stateChanged";

// \a hasPaused: after a signal. Whoever has looked since then may have seen something that did not last, so he is told to look again when from
// then on every change will be noticed.
QCoro::Task<> waitForChange(AioObject *object, AioObjectPrivate *d, std::shared_ptr<RawOperation> change, bool hasPaused)
{
    const auto cell = d->cell;
    const auto waits = d->waits;
    Wait wait(cell->lot(), *change, waits, noDeadline(), {}, Name);
    if (hasPaused && !wait.done().await_ready())
        waits->whileAlive([&] { Q_EMIT object->stateChanged(); });
    const WaitResult result = co_await wait.done();
    waits->whileAlive([&] {
        static const QMetaMethod signal = QMetaMethod::fromSignal(&AioObject::stateChanged);
        const bool goesOn = result == WaitResult::Completed && AioObjectPrivate::isListenedTo(object, signal);
        if (result == WaitResult::NoMemory)
            aio_detail::announce(object, waitError(result, Name, object->key()));
        if (!goesOn) {
            d->watchesState = false;
            return;
        }
        QTimer::singleShot(Pause, object, [object, d, change] { waitForChange(object, d, change, true); });
        Q_EMIT object->stateChanged();
    });
}

} // namespace

void watchState(AioObject *object, AioObjectPrivate &d)
{
    // from now on, though on the object's thread, from its event loop
    const std::shared_ptr<RawOperation> change = d.change();
    QMetaObject::invokeMethod(object, [object, &d, change] {
        if (!d.watchesState.exchange(true))
            waitForChange(object, &d, change, false);
    }, Qt::QueuedConnection);
}

} // namespace aio_detail

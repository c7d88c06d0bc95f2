// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// A worker process and two coroutines share a queue, an event and a lock.

#include <AioProcessing/AioProcessing>

#include <QCoreApplication>
#include <QDebug>
#include <QElapsedTimer>
#include <QThread>
#include <QTimer>

using namespace std::chrono_literals;

// Runs in its own process and uses plain blocking calls.
void func(AioQueue &queue, AioEvent &event, AioLock &lock, const QList<int> &items)
{
    AioLocker locker(lock);
    event.set();
    for (int item : items) {
        QThread::sleep(3);
        queue.put(item + 5);
    }
}

QCoro::Task<> example(AioQueue &queue, AioEvent &event, AioLock &lock)
{
    const QList<int> items = {1, 2, 3, 4, 5};
    AioProcess process(AioCall::to<&func>(queue, event, lock, items));
    process.start();
    for (;;) {
        const QVariant result = co_await queue.coro_get();
        if (result.isNull())
            break;
        qInfo() << "Got result" << result.toInt();
    }
    co_await process.coro_join();
}

QCoro::Task<> example2(AioQueue &queue, AioEvent &event, AioLock &lock)
{
    co_await event.coro_wait();
    AioLocker locker = co_await lock.coro_locker();
    co_await queue.coro_put(78);
    co_await queue.coro_put(QVariant());        // the "no more" mark
}

// Shows that the event loop stays alive: a timer that should fire every 10 ms.
class Pulse : public QTimer
{
public:
    Pulse()
    {
        setTimerType(Qt::PreciseTimer);
        callOnTimeout([this] { m_latest = qMax(m_latest, m_since.restart() - 10); });
        m_since.start();
        start(10ms);
    }
    qint64 latest() const { return m_latest; }

private:
    QElapsedTimer m_since;
    qint64 m_latest = 0;
};

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))    // before any QCoreApplication
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);

    AioQueue queue;
    AioEvent event;
    AioLock lock;
    Pulse pulse;
    AioProcessing::spawn(example2(queue, event, lock));
    AioProcessing::waitBlocking(example(queue, event, lock));
    qInfo() << "The event loop was never more than" << pulse.latest() << "ms late";
    return 0;
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// The signals that say that a queue has something to get, or room.
#include "../sync/synctest.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiojoinablequeue.h>

#include <unistd.h>

using namespace std::chrono_literals;

namespace {

// Each item when the one before has been answered.
void putOneAfterAnother(AioQueue &queue, AioQueue &answers, int count)
{
    for (int i = 0; i < count; ++i) {
        queue.put(i);
        answers.get();
    }
}

void getOne(AioQueue &queue, AioQueue &said)
{
    AioTest::say(said, "ready");
    queue.get();
}

void shutItDown(AioQueue &queue)
{
    queue.shutDown();
}

void getAndDie(AioJoinableQueue &queue, AioQueue &said)
{
    queue.get();
    AioTest::say(said, "got");
    for (;;)
        ::pause();
}

} // namespace

class TestAioQueueWatch : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void eachItemOfAnotherProcessIsAnnounced()
    {
        constexpr int Count = 200;
        AioQueue queue;
        AioQueue answers;
        AioQueue same(queue.handle());
        QList<int> received;
        connect(&same, &AioQueue::itemAvailable, this, [&] {
            while (const std::optional<int> item = same.tryGet<int>()) {
                received << *item;
                answers.put(true);
            }
        });
        AioProcess worker(AioCall::to<&putOneAfterAnother>(queue, answers, Count));
        AioTest::run([&]() -> QCoro::Task<> {
            co_await worker.coro_start();
            co_await worker.coro_join();
            AIO_COMPARE(received.size(), Count);
            AIO_VERIFY(std::is_sorted(received.cbegin(), received.cend()));
        });
    }

    void oneGetForEachSignalIsEnough()
    {
        AioQueue queue;
        for (int i = 0; i < 20; ++i)
            queue.put(i);
        QList<int> received;
        connect(&queue, &AioQueue::itemAvailable, this, [&] {
            if (const std::optional<int> item = queue.tryGet<int>())
                received << *item;
        });
        AioTest::run([&]() -> QCoro::Task<> {
            while (received.size() < 20)
                co_await AioTest::nextTurn();
            AIO_COMPARE(received.first(), 0);
            AIO_COMPARE(received.last(), 19);
        });
    }

    void itemsThatNobodyGetsAreAnnouncedOnce()
    {
        AioQueue queue;
        queue.put(1);
        queue.put(2);
        QSignalSpy spy(&queue, &AioQueue::itemAvailable);
        QCOMPARE(spy.count(), 0);               // never from inside connect()
        AioTest::run([&]() -> QCoro::Task<> {
            while (spy.isEmpty())
                co_await AioTest::nextTurn();
            for (int i = 0; i < 200; ++i)
                co_await AioTest::nextTurn();
            AIO_COMPARE(spy.count(), 1);
            queue.put(3);
            while (spy.count() < 2)
                co_await AioTest::nextTurn();
        });
    }

    // Who watches takes no turn of those who wait.
    void gettersAreServedBesideWatchers()
    {
        AioQueue queue;
        AioQueue other(queue.handle());
        QSignalSpy spy(&other, &AioQueue::itemAvailable);
        AioTest::run([&]() -> QCoro::Task<> {
            co_await AioTest::nextTurn();
            for (int i = 0; i < 50; ++i) {
                auto waiting = queue.coro_get<int>();
                queue.put(i);
                const int got = co_await waiting;
                AIO_COMPARE(got, i);
            }
        });
    }

    void anItemThatComesBackIsAnnouncedAgain()
    {
        AioJoinableQueue queue(AioJoinableQueue::Redeliver);
        AioQueue said;
        QSignalSpy spy(&queue, &AioQueue::itemAvailable);
        AioProcess worker(AioCall::to<&getAndDie>(queue, said));
        AioTest::run([&]() -> QCoro::Task<> {
            co_await worker.coro_start();
            queue.put(5);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("got"));
            const bool isEmpty = queue.isEmpty();
            AIO_VERIFY(isEmpty);
            const auto before = spy.count();
            ::kill(pid_t(worker.pid()), SIGKILL);
            while (spy.count() == before)
                co_await AioTest::nextTurn();
            const std::optional<AioDelivery> delivery = queue.getDelivery(QDeadlineTimer(0));
            AIO_VERIFY(delivery && delivery->value.toInt() == 5 && delivery->isRedelivered());
            queue.taskDone();
        });
    }

    void roomIsAnnouncedToThoseWhoFoundNone()
    {
        AioQueue queue(1);
        AioQueue said;
        QSignalSpy spy(&queue, &AioQueue::spaceAvailable);
        AioProcess worker(AioCall::to<&getOne>(queue, said));
        AioTest::run([&]() -> QCoro::Task<> {
            queue.put(1);
            for (int i = 0; i < 20; ++i)
                co_await AioTest::nextTurn();
            AIO_COMPARE(spy.count(), 0);        // nobody asked
            AIO_VERIFY(!queue.tryPut(2));
            AIO_VERIFY(queue.isFull());
            co_await worker.coro_start();
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("ready"));
            while (spy.isEmpty())
                co_await AioTest::nextTurn();
            AIO_VERIFY(queue.tryPut(2));
            const bool late = co_await queue.coro_put(3, 1ms);
            AIO_VERIFY(!late);
            queue.get();
            while (spy.count() < 2)
                co_await AioTest::nextTurn();
            co_await worker.coro_join();
        });
    }

    void memoryIsAnnouncedToThoseWhoFoundNone()
    {
        AioContext context(QStringLiteral("watched"));
        context.setMemoryLimit(16 << 20);
        AioQueue queue(context);
        const QByteArray megabyte(1 << 20, 'x');
        QSignalSpy spy(&queue, &AioQueue::spaceAvailable);
        while (queue.tryPut(megabyte)) { }
        AioTest::run([&]() -> QCoro::Task<> {
            for (int i = 0; i < 50; ++i)
                co_await AioTest::nextTurn();
            AIO_COMPARE(spy.count(), 0);
            queue.get();
            while (spy.isEmpty())
                co_await AioTest::nextTurn();
            AIO_VERIFY(queue.tryPut(megabyte));
        }, AioTest::LoopMayBlock);
    }

    void theEndIsAnnouncedToThoseWhoWatch()
    {
        AioQueue queue;
        queue.put(1);
        QList<int> received;
        QSignalSpy over(&queue, &AioQueue::shutDownDone);
        connect(&queue, &AioQueue::itemAvailable, this, [&] {
            const std::optional<int> item = over.isEmpty() && received.isEmpty() ? queue.tryGet<int>() : std::nullopt;
            if (item)
                received << *item;
        });
        AioProcess worker(AioCall::to<&shutItDown>(queue));
        AioTest::run([&]() -> QCoro::Task<> {
            co_await worker.coro_start();
            while (over.isEmpty())
                co_await AioTest::nextTurn();
            AIO_COMPARE(received, QList<int>{1});
            queue.shutDown();
            AIO_COMPARE(over.count(), 1);
            co_await worker.coro_join();
        });
    }

    void listenersComeAndGo()
    {
        auto queue = std::make_unique<AioQueue>();
        AioTest::run([&]() -> QCoro::Task<> {
            for (int i = 0; i < 5; ++i) {
                QSignalSpy spy(queue.get(), &AioQueue::itemAvailable);
                queue->put(i);
                while (spy.isEmpty())
                    co_await AioTest::nextTurn();
                queue->get();
            }
            queue->put(1);
            queue->get();
            // a slot may take the queue away
            connect(queue.get(), &AioQueue::itemAvailable, this, [&] { queue.reset(); });
            queue->put(1);
            while (queue)
                co_await AioTest::nextTurn();
        });
    }
};

AIO_TEST_MAIN(TestAioQueueWatch)
#include "tst_aioqueue_watch.moc"

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Many waits at once: what they cost, and that they all end.

#include "inventory.h"
#include "mixedwaits.h"

#include <QFile>
#include <QRegularExpression>
#include <QThreadPool>

#include <malloc.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

// Counted, since a thread gives itself its name some time after it began.
QString startedSince(const QStringList &before)
{
    const QStringList now = AioTest::threads();
    return now.size() > before.size() ? AioTest::additional(now, before).join(QLatin1Char(' ')) : QString();
}

// What has been opened beside the doorbell's own two ends, the second of which is opened when it is first rung.
QString openedSince(const QStringList &before)
{
    QStringList opened = AioTest::additional(AioTest::openDescriptors(), before);
    const qsizetype bell = opened.indexOf(QRegularExpression(QStringLiteral(".*/bell-\\d+")));
    if (bell >= 0)
        opened.removeAt(bell);
    return opened.join(QLatin1Char(' '));
}

QCoro::Task<> untilNoneIsLeft(const MixedWaits &waits)
{
    while (waits.left() > 0)
        co_await AioTest::nextTurn();
}

// Bytes of memory that this process has, and of these the ones it has allocated.
struct Memory
{
    qint64 resident = 0;
    qint64 allocated = 0;
};

Memory memory()
{
    Memory now;
    QFile statm(QStringLiteral("/proc/self/statm"));
    if (statm.open(QIODevice::ReadOnly))
        now.resident = statm.readAll().split(' ').value(1).toLongLong() * ::sysconf(_SC_PAGESIZE);
    const auto heap = ::mallinfo2();
    now.allocated = qint64(heap.uordblks + heap.hblkhd);
    return now;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool KnowsMemory = false;
#else
constexpr bool KnowsMemory = true;
#endif

} // namespace

class TestPending : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // NEW-008
    void thousandOfEachKindCostNoThreadAndNoDescriptor()
    {
        AioEvent first;
        AioTest::run([&]() -> QCoro::Task<> {
            auto bell = first.coro_wait();          // the doorbell
            const QStringList threads = AioTest::threads();
            const QStringList descriptors = AioTest::openDescriptors();
            MixedWaits waits(1000, {});
            co_await waits.untilAllWait();
            AIO_COMPARE(waits.left(), waits.count());
            AIO_COMPARE(startedSince(threads), QString());
            AIO_COMPARE(openedSince(descriptors), QString());
            waits.release();
            co_await untilNoneIsLeft(waits);
            AIO_COMPARE(waits.granted(), waits.count());
            AIO_COMPARE(startedSince(threads), QString());
            AIO_COMPARE(openedSince(descriptors), QString());
            first.set();
            co_await bell;
        }, AioTest::LoopMayBlock);
    }

    // NEW-002
    void thousandGetsDoNotStarveAPut()
    {
        AioQueue queue;
        AioTest::run([&]() -> QCoro::Task<> {
            int got = 0;
            std::stop_source stop;
            const auto one = [&]() -> QCoro::Task<> {
                const AioError::Code code = co_await AioTest::codeOf(queue.coro_get(stop.get_token()));
                got += code == AioError::NoError;
            };
            std::vector<QCoro::Task<>> gets;
            for (int i = 0; i < 1000; ++i)
                gets.push_back(one());
            for (int i = 1; i <= 3; ++i) {
                co_await queue.coro_put(i);
                while (got < i)
                    co_await AioTest::nextTurn();
                AIO_COMPARE(got, i);
            }
            stop.request_stop();
            for (auto &get : gets)
                co_await get;
            AIO_COMPARE(got, 3);
        });
    }

    void twoHundredCompleteWithAPoolOfOneThread()
    {
        AioContext &context = *AioContext::defaultContext();
        QThreadPool one;
        one.setMaxThreadCount(1);
        context.setThreadPool(&one);
        const QByteArray bytes(16 << 20, 'x');      // filling that would hold the loop up
        AioTest::run([&]() -> QCoro::Task<> {
            MixedWaits waits(23, {});
            AioQueue large;
            auto put = large.coro_put(bytes);
            waits.release();
            co_await untilNoneIsLeft(waits);
            AIO_COMPARE(waits.granted(), 207);
            const QVariant item = co_await large.coro_get();
            AIO_COMPARE(item.toByteArray().size(), qsizetype(16 << 20));
            co_await put;
        });
        context.setThreadPool(nullptr);
        QVERIFY(one.waitForDone(0) || one.waitForDone());
    }

    void fiveThousandAreCancelledAtOnce()
    {
        AioTest::run([&]() -> QCoro::Task<> {
            std::stop_source stop;
            MixedWaits waits(556, stop.get_token());
            co_await waits.untilAllWait();
            AIO_COMPARE(waits.left(), waits.count());
            const AioTest::LostTime lostTime;
            QElapsedTimer timer;
            timer.start();
            const qint64 lost = lostTime.total();
            stop.request_stop();
            co_await untilNoneIsLeft(waits);
            const std::chrono::milliseconds took(timer.elapsed() - (lostTime.exactTotal() - lost) / 1'000'000);
            qInfo() << waits.count() << "waits were cancelled in" << took.count() << "ms";
            AIO_COMPARE(waits.cancelled(), waits.count());
            AIO_VERIFY(took < AioTest::scaled(500ms));
            // nothing was taken, nobody has come
            AIO_COMPARE(waits.barrier.waiting(), 0);
            AIO_VERIFY(!waits.barrier.isBroken() && waits.empty.isEmpty() && waits.full.size() == 1);
            waits.lock.release();
            waits.rlock.release();
            waits.bounded.release();
            AIO_VERIFY(!waits.lock.locked() && !waits.rlock.locked() && waits.bounded.value() == 1 && waits.semaphore.value() == 0);
        }, AioTest::LoopMayBlock);
    }

    // Of all classes at once. With AIO_TEST_WAITS=100000 what the deep suite does.
    void memoryOfMixedWaitsComesBack()
    {
        const Watchdog watchdog("memoryOfMixedWaitsComesBack", 240s);
        const int each = qMax(9'000, qEnvironmentVariableIntValue("AIO_TEST_WAITS")) / MixedWaits::Kinds;
        AioTest::run([&]() -> QCoro::Task<> {
            const QStringList threads = AioTest::threads();
            for (int round = 0; round < 3; ++round) {
                std::stop_source stop;
                const Memory before = memory();
                {
                    MixedWaits waits(each, stop.get_token());
                    co_await waits.untilAllWait();
                    const Memory during = memory();
                    AIO_COMPARE(startedSince(threads), QString());
                    const qint64 bytes = (during.allocated - before.allocated) / waits.count() + 64;      // the node in shared memory
                    qInfo() << waits.count() << "waits of all kinds took" << bytes << "bytes each";
                    if (round == 1)
                        stop.request_stop();
                    else
                        waits.release();
                    co_await untilNoneIsLeft(waits);
                    AIO_COMPARE(round == 1 ? waits.cancelled() : waits.granted(), waits.count());
                    const Memory end = memory();
                    AIO_VERIFY(!KnowsMemory || end.allocated - before.allocated <= (during.allocated - before.allocated) / 20);
                }
            }
        }, AioTest::LoopMayBlock, 240s);
    }

    // With AIO_TEST_WAITS=100000 what the deep suite does.
    void memoryOfManyWaitsComesBack()
    {
        const Watchdog watchdog("memoryOfManyWaitsComesBack", 120s);
        const int third = qMax(10'000, qEnvironmentVariableIntValue("AIO_TEST_WAITS")) / 3;
        const int count = 3 * third;
        AioEvent event;
        AioSemaphore semaphore(0);
        AioQueue queue;
        AioTest::run([&]() -> QCoro::Task<> {
            const QStringList threads = AioTest::threads();
            for (int round = 0; round < 3; ++round) {
                std::stop_source stop;
                std::vector<QCoro::Task<bool>> waits;
                std::vector<QCoro::Task<QVariant>> gets;
                waits.reserve(std::size_t(2 * third));
                gets.reserve(std::size_t(third));
                const Memory before = memory();
                for (int i = 0; i < third; ++i) {
                    waits.push_back(event.coro_wait(stop.get_token()));
                    waits.push_back(semaphore.coro_acquire(stop.get_token()));
                    gets.push_back(queue.coro_get(stop.get_token()));
                }
                const Memory during = memory();
                AIO_COMPARE(startedSince(threads), QString());
                // resident pages may have been there before; then what was allocated tells more, but for the node in shared memory
                const qint64 bytes = qMax(during.resident - before.resident, during.allocated - before.allocated + 64 * count);
                qInfo() << count << "waits took" << bytes / count << "bytes each";
                AIO_VERIFY(!KnowsMemory || bytes / count <= 1024);
                if (round == 1) {
                    stop.request_stop();
                } else {
                    event.set();
                    event.clear();
                    for (int i = 0; i < third; ++i)
                        queue.put(i);
                    for (int released = 0; released < third; released += 500) {
                        semaphore.release(qMin(500, third - released));
                        co_await AioTest::nextTurn();
                    }
                }
                int cancelled = 0;
                for (auto &wait : waits) {
                    const AioError::Code code = co_await AioTest::codeOf(std::move(wait));
                    cancelled += code == AioError::Cancelled;
                }
                for (auto &get : gets) {
                    const AioError::Code code = co_await AioTest::codeOf(std::move(get));
                    cancelled += code == AioError::Cancelled;
                }
                AIO_COMPARE(cancelled, round == 1 ? count : 0);
                AIO_VERIFY(semaphore.value() == 0 && queue.isEmpty());
                const Memory end = memory();
                // of what was allocated meanwhile, a few in a hundred may stay, such as the tables of the doorbell
                AIO_VERIFY(!KnowsMemory || end.allocated - before.allocated <= (during.allocated - before.allocated) / 20);
            }
        }, AioTest::LoopMayBlock, 120s);
    }
};

AIO_TEST_MAIN(TestPending)
#include "tst_pending.moc"

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// AioContext::dump(): who has what, and who waits for it.

#include "mixedwaits.h"

#include <QFile>
#include <QProcessEnvironment>

using namespace std::chrono_literals;
using AioTest::dumpOf;

namespace {

// Half of a dead-lock.
void takeOneWaitForTheOther(AioLock &one, AioLock &other, AioQueue &said)
{
    const AioLocker locker(one);
    AioTest::say(said, "has one");
    other.acquire();
    other.release();
}

// Which signals this process has handlers for, a bit each (proc(5)).
quint64 caughtSignals()
{
    QFile status(QStringLiteral("/proc/self/status"));
    if (!status.open(QIODevice::ReadOnly))
        return ~quint64(0);
    const QByteArray text = status.readAll();
    return text.mid(text.indexOf("\nSigCgt:") + 8).trimmed().left(16).toULongLong(nullptr, 16);
}

// Holds the lock that the suite knows by name, as a program that has a name itself.
AIO_TEST_ROLE(namedHolder)
{
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("name of the holder"));
    AioContext context(QStringLiteral("dump"));
    AioLock lock(QStringLiteral("held"), context);
    lock.acquire();
    AioTest::say("holds");
    AioTest::hear();
    lock.release();
    return 0;
}

bool contains(const AioObject &object, const QString &text)
{
    const bool does = dumpOf(object).contains(text);
    if (!does)
        qWarning().noquote() << "there is no" << text << "in" << dumpOf(object);
    return does;
}

} // namespace

class TestDump : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void deadLockIsSeen()
    {
        AioLock first;
        AioLock second;
        AioQueue said;
        const auto here = QString::number(QCoreApplication::applicationPid());
        AioTest::run([&]() -> QCoro::Task<> {
            const AioLocker held = co_await first.coro_locker();
            AioProcess worker(AioCall::to<&takeOneWaitForTheOther>(second, first, said));
            worker.start();
            co_await AioTest::hear(said);
            auto waiting = second.coro_acquire(10min);
            const auto there = QString::number(worker.pid());
            while (!dumpOf(first).contains(QStringLiteral("    ") + there))
                co_await AioTest::nextTurn();
            AIO_VERIFY(contains(first, QStringLiteral("locked by ") + here));
            AIO_VERIFY(contains(first, QStringLiteral(" for about ")));
            AIO_VERIFY(contains(first, QStringLiteral(" waits for ")));
            AIO_VERIFY(contains(second, QStringLiteral("locked by ") + there));
            AIO_VERIFY(contains(second, QStringLiteral("    ") + here));
            worker.kill();
            const bool got = co_await waiting;
            AIO_VERIFY(got);
            AIO_VERIFY(contains(second, QStringLiteral("locked by ") + here));
            AIO_VERIFY(!dumpOf(second).contains(QLatin1String("waits")));
            second.release();
            AIO_VERIFY(contains(second, QStringLiteral("free")));
            co_await worker.coro_join();
        });
    }

    void everyKindIsListedWithItsWaiters()
    {
        AioTest::run([&]() -> QCoro::Task<> {
            std::stop_source stop;
            MixedWaits waits(30, stop.get_token());
            co_await waits.untilAllWait();
            for (AioObject *object : waits.objects()) {
                AIO_VERIFY(dumpOf(*object).startsWith(object->key()));
                AIO_VERIFY(contains(*object, QStringLiteral("waits 30 times, the longest for ")));
            }
            stop.request_stop();
            while (waits.left() > 0)
                co_await AioTest::nextTurn();
            for (AioObject *object : waits.objects())
                AIO_VERIFY(!dumpOf(*object).contains(QLatin1String("waits")));
            // looking at them has changed nothing
            AIO_VERIFY(waits.lock.locked() && waits.rlock.depth() == 1 && !waits.barrier.isBroken() && waits.bounded.value() == 0);
        });
    }

    void objectsThatAreGoneAreNotListed()
    {
        auto lock = std::make_unique<AioLock>();
        const QString key = lock->key();
        AioContext *context = lock->context();
        QVERIFY(context->dump().contains(key));
        lock.reset();
        QVERIFY(!context->dump().contains(key));
    }

    void holderIsNamed()
    {
        AioContext context(QStringLiteral("dump"));
        AioLock lock(QStringLiteral("held"), context);
        HelperProcess holder("namedHolder");
        QVERIFY(holder.waitForLine("holds"));
        QVERIFY(contains(lock, QStringLiteral("locked by %1 (name of the holder)").arg(holder.pid())));
        holder.closeInput();
        QCOMPARE(holder.waitForEnd(), 0);
        QVERIFY(contains(lock, QStringLiteral("free")));
    }

    // Signals are the application's.
    void signalIsLeftAloneUnlessAskedFor()
    {
        AioTest::run([]() -> QCoro::Task<> {
            for (const bool isAsked : {false, true}) {
                auto environment = QProcessEnvironment::systemEnvironment();
                environment.remove(QStringLiteral("AIO_DUMP"));
                if (isAsked)
                    environment.insert(QStringLiteral("AIO_DUMP"), QStringLiteral("1"));
                AioProcess worker(AioCall::to<&caughtSignals>());
                worker.setEnvironment(environment);
                worker.start();
                const bool joined = co_await worker.coro_join();
                AIO_VERIFY(joined);
                const bool isHandled = worker.result().toULongLong() >> (SIGUSR1 - 1) & 1;
                AIO_COMPARE(isHandled, isAsked);
            }
        });
    }

    void workerDumpsAtASignalIfItIsAskedTo()
    {
        AioLock first;
        AioLock second;
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            const AioLocker held = co_await first.coro_locker();
            AioProcess worker(AioCall::to<&takeOneWaitForTheOther>(second, first, said));
            auto environment = QProcessEnvironment::systemEnvironment();
            environment.insert(QStringLiteral("AIO_DUMP"), QStringLiteral("1"));
            worker.setEnvironment(environment);
            QSignalSpy lines(&worker, &AioProcess::errorLine);
            worker.start();
            co_await AioTest::hear(said);           // its thread blocks now, or soon
            ::kill(pid_t(worker.pid()), SIGUSR1);
            const auto isIn = [&](const AioLock &lock, qint64 owner) {
                const QByteArray wanted = lock.key().toUtf8() + ", locked by " + QByteArray::number(owner);
                const auto is = [&](const QVariantList &line) { return line.first().toByteArray().startsWith(wanted); };
                return std::any_of(lines.begin(), lines.end(), is);
            };
            while (!isIn(first, QCoreApplication::applicationPid()) || !isIn(second, worker.pid()))
                co_await AioTest::nextTurn();
            worker.kill();
            co_await worker.coro_join();
        });
    }
};

AIO_TEST_MAIN(TestDump)
#include "tst_dump.moc"

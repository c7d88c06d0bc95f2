// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Types that an application registers with managers, and the end of a server. How Python uses such types: tests/interop/tst_python_manager.cpp.

#include "aiotest.h"

#include <aioprocessing/aiomanager.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotask.h>
#include <aioprocessing/aiowait.h>

#include <QCoro/QCoroTimer>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

using namespace std::chrono_literals;

namespace {

class Base
{
public:
    QString motto() const { return QStringLiteral("count"); }
};

class Counter : public Base
{
public:
    explicit Counter(int start) : m_value(start) {}

    int increment(int by) { return m_value += by; }
    int value() const { return m_value; }
    void fail(const QString &text) { throw std::runtime_error(text.toStdString()); }
    QStringList wordsOf(QStringList words) { return words; }
    QCoro::Task<int> waitFor(int value)
    {
        QTimer timer;
        timer.start(1);
        while (m_value < value)
            co_await timer;
        co_return m_value;
    }
    QCoro::Task<> clear()
    {
        m_value = 0;
        co_return;
    }
    int secret() { return 42; }

private:
    int m_value;
};

const bool isCounterKnown = AioManager::registerType<Counter, int>(QStringLiteral("Counter"), {
    {"increment", &Counter::increment},
    {"value", &Counter::value},
    {"fail", &Counter::fail},
    {"wordsOf", &Counter::wordsOf},
    {"waitFor", &Counter::waitFor},
    {"clear", &Counter::clear},
    {"motto", &Counter::motto},
});

void endServer(const QString &address)
{
    AioManager manager{AioAddress(address)};
    manager.connectToServer();
    manager.shutDown();
}

} // namespace

class tst_ManagedTypes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlyWhatIsListedIsCalled_data() { addHosts(); }
    void onlyWhatIsListedIsCalled()
    {
        QFETCH(bool, isProcess);
        AioManager manager;
        begin(manager, isProcess);
        auto *counter = manager.create<AioProxy>(QStringLiteral("Counter"), {5});
        QCOMPARE(counter->call(QStringLiteral("increment"), {2}).toInt(), 7);
        QCOMPARE(counter->call(QStringLiteral("value")).toInt(), 7);
        QCOMPARE(counter->call(QStringLiteral("motto")).toString(), QStringLiteral("count"));
        QCOMPARE(counter->call(QStringLiteral("wordsOf"), {QVariantList{QStringLiteral("a")}}).toStringList(),
                 QStringList(QStringLiteral("a")));
        QCOMPARE(AioTest::codeThrownBy([&] { counter->call(QStringLiteral("secret")); }), AioError::NotFound);
        QCOMPARE(AioTest::codeThrownBy([&] { counter->call(QStringLiteral("increment")); }), AioError::UsageError);
        QCOMPARE(AioTest::codeThrownBy([&] { counter->call(QStringLiteral("increment"), {QStringLiteral("x")}); }), AioError::TypeMismatch);
        AioError error;
        try {
            counter->call(QStringLiteral("fail"), {QStringLiteral("on purpose")});
        } catch (const AioException &e) {
            error = e.error();
        }
        QCOMPARE(error.code, AioError::RemoteError);
        QVERIFY2(error.message.contains(QLatin1String("on purpose")), qPrintable(error.message));
        QCOMPARE(AioTest::codeThrownBy([&] { manager.create<AioProxy>(QStringLiteral("Counter")); }), AioError::UsageError);
        QCOMPARE(AioTest::codeThrownBy([&] { manager.create<AioProxy>(QStringLiteral("Unknown")); }), AioError::NotFound);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("registered twice")));
        const bool isNew = AioManager::registerType<Counter, int>(QStringLiteral("Counter"), {{"secret", &Counter::secret}});
        QVERIFY(isCounterKnown && !isNew);
    }

    void methodsMayBeCoroutines()
    {
        AioManager manager;
        manager.serve();
        AioTest::run([&]() -> QCoro::Task<> {
            const QVariantList start{1};
            auto *counter = co_await manager.coro_create<AioProxy>(QStringLiteral("Counter"), start);
            const QVariantList three{3};
            auto waiting = counter->coro_call(QStringLiteral("waitFor"), three);
            const QVariantList two{2};
            co_await counter->coro_call(QStringLiteral("increment"), two);      // nobody is delayed by the first
            const QVariant result = co_await waiting;
            AIO_COMPARE(result.toInt(), 3);
            co_await counter->coro_call(QStringLiteral("clear"));
            const QVariant cleared = co_await counter->coro_call(QStringLiteral("value"));
            AIO_COMPARE(cleared.toInt(), 0);
        });
    }

    void joinWaitsForTheEndOfTheServer_data() { addHosts(); }
    void joinWaitsForTheEndOfTheServer()
    {
        QFETCH(bool, isProcess);
        AioManager manager;
        QVERIFY(manager.join());        // there is none
        begin(manager, isProcess);
        QVERIFY(!manager.join(QDeadlineTimer(0)));
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy joined(&manager, &AioManager::joined);
            const bool isTooEarly = co_await manager.coro_join(1ms);
            AIO_VERIFY(!isTooEarly);
            std::stop_source source;
            auto cancelled = manager.coro_join(QDeadlineTimer(QDeadlineTimer::Forever), source.get_token());
            source.request_stop();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(cancelled)), AioError::Cancelled);
            auto end = manager.coro_join();
            AioProcess other(AioCall::to<&endServer>(manager.address().toString()));
            other.start();
            const bool hasEnded = co_await end;
            AIO_VERIFY(hasEnded);
            AIO_COMPARE(joined.size(), 1);
            co_await other.coro_join();
        });
        QVERIFY(manager.join());
        manager.shutDown();
    }

    void destroyingAManagerEndsItsJoins()
    {
        AioTest::run([&]() -> QCoro::Task<> {
            auto manager = std::make_unique<AioManager>();
            manager->serve();
            auto end = manager->coro_join();
            manager.reset();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(end)), AioError::Cancelled);
        });
    }

    void eventsOfAManagerAreWaitedForBesideOthers()
    {
        AioManager manager;
        QVERIFY(manager.start());
        AioTest::run([&]() -> QCoro::Task<> {
            AioEvent *event = co_await manager.coro_createEvent();
            AioEvent local;
            const QList<QObject *> both{event, &local};
            const QList<QObject *> none = co_await AioProcessing::coro_waitAny(both, 10ms);
            AIO_VERIFY(none.isEmpty());
            auto wait = AioProcessing::coro_waitAny(both);
            co_await event->coro_set();
            const QList<QObject *> ready = co_await wait;
            AIO_COMPARE(ready, QList<QObject *>{event});
            co_await event->coro_clear();
            auto lost = AioProcessing::coro_waitAny(both);
            const QList<AioProcess *> children = AioProcessing::activeChildren();
            for (AioProcess *process : children)
                process->kill();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(lost)), AioError::PeerDied);
            for (AioProcess *process : children)
                co_await process->coro_join();
        });
    }

private:
    static void addHosts()
    {
        QTest::addColumn<bool>("isProcess");
        QTest::newRow("thread") << false;
        QTest::newRow("process") << true;
    }
    static void begin(AioManager &manager, bool isProcess)
    {
        if (isProcess)
            QVERIFY(manager.start());
        else
            manager.serve();
    }
};

AIO_TEST_MAIN(tst_ManagedTypes)
#include "tst_managedtypes.moc"

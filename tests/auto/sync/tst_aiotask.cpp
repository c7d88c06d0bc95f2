// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aiotest.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiotask.h>

#include <QCoreApplication>
#include <QRegularExpression>
#include <QSemaphore>
#include <QThread>
#include <QThreadPool>

#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using AioTest::codeOf;
using AioTest::codeThrownBy;
using AioTest::nextTurn;

static_assert(!std::is_default_constructible_v<AioResult<int>>);
static_assert(std::is_nothrow_move_constructible_v<AioResult<std::unique_ptr<int>>>);
static_assert(!std::is_copy_constructible_v<AioResult<std::unique_ptr<int>>>);
static_assert(!std::is_aggregate_v<AioResult<void>> && !std::is_aggregate_v<AioResult<int>>);
static_assert(std::is_same_v<decltype(AioProcessing::run(std::declval<const QString &(*)()>())), QCoro::Task<QString>>);

namespace {

/* Coroutines wait at it until it is opened, which resumes them at once. */
class Gate
{
public:
    ~Gate() { open(); }
    Q_DISABLE_COPY_MOVE(Gate)
    Gate() = default;

    void open()
    {
        m_isOpen = true;
        for (const auto coroutine : std::exchange(m_waiting, {}))
            coroutine.resume();
    }

    class Awaiter       // a plain pointer: g++ 12 copies what is awaited
    {
    public:
        explicit Awaiter(Gate *gate) : m_gate(gate) {}
        bool await_ready() const { return m_gate->m_isOpen; }
        void await_suspend(std::coroutine_handle<> coroutine) const { m_gate->m_waiting.push_back(coroutine); }
        void await_resume() const {}

    private:
        Gate *m_gate;
    };
    Awaiter passed() { return Awaiter(this); }

private:
    bool m_isOpen = false;
    std::vector<std::coroutine_handle<>> m_waiting;
};

class NoDefault
{
public:
    explicit NoDefault(int number) : value(number) {}
    int value;
};

class Strange
{
public:
    explicit Strange(int number) : value(number) {}
    int value;
};

enum Moment { AtOnce, Later };
enum Thrown { Nothing, Aio, Cancel, Standard, Foreign };

QCoro::Task<> throwing(Moment moment, Thrown thrown)
{
    const bool later = moment == Later;
    if (later)
        co_await nextTurn();
    switch (thrown) {
    case Nothing: break;
    case Aio: throw AioException(AioError(AioError::Closed, QStringLiteral("closed for the day")));
    case Cancel: throw AioException(AioError(AioError::Cancelled, QStringLiteral("never mind")));
    case Standard: throw std::runtime_error("out of luck");
    case Foreign: throw Strange(7);
    }
}

QCoro::Task<int> numberBehind(Gate &gate, int number)
{
    const int result = number;
    co_await gate.passed();
    co_return result;
}

QCoro::Task<> failureBehind(Gate &gate)
{
    const AioError error(AioError::Closed);
    co_await gate.passed();
    throw AioException(error);
}

template<class T>
QCoro::Task<T> deliver(T value, Moment moment)
{
    const bool later = moment == Later;
    if (later)
        co_await nextTurn();
    co_return std::move(value);
}

QCoro::Task<int> depth(int levels)
{
    int below = 0;
    if (levels == 0)
        co_await nextTurn();
    else
        below = co_await depth(levels - 1);
    co_return below + 1;
}

QCoro::Task<int> nestedLoops(int levels)
{
    int below = 0;
    co_await nextTurn();
    if (levels > 0)
        below = AioProcessing::waitBlocking(nestedLoops(levels - 1));
    co_return below + 1;
}

// Notes how a call of run() in this thread ends.
QCoro::Task<> noteEndOfRun(QSemaphore &started, QSemaphore &mayGoOn, AioError::Code &code, int &waits)
{
    const auto block = [&] { started.release(); mayGoOn.acquire(); };
    code = co_await codeOf(AioProcessing::run(block));
    // no loop any more: waiting again ends at once, too
    const AioError::Code again = co_await codeOf(AioProcessing::run([] {}));
    waits = again == AioError::Cancelled ? 2 : 1;
}

class Context : public QObject
{
public:
    int connections() const { return receivers(SIGNAL(destroyed(QObject*))); }
};

/* A pool of its own for the default context, with one thread. */
class OneThreadPool
{
public:
    OneThreadPool()
    {
        m_pool.setMaxThreadCount(1);
        AioContext::defaultContext()->setThreadPool(&m_pool);
    }
    ~OneThreadPool() { AioContext::defaultContext()->setThreadPool(nullptr); }
    QThreadPool *operator->() { return &m_pool; }

private:
    QThreadPool m_pool;
};

} // namespace

Q_DECLARE_METATYPE(Moment)
Q_DECLARE_METATYPE(Thrown)

class TestAioTask : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // -- spawn
    void spawnedExceptionIsLoggedAndHandedOn_data();
    void spawnedExceptionIsLoggedAndHandedOn();
    void spawnedCancelIsHandedOnWithoutWarning();
    void spawnedFunctionKeepsItsCaptures();
    void spawnedFunctionMayThrowInsteadOfReturningATask();
    void errorHandlerMayThrow();
    // -- waitBlocking
    void finishedTaskIsNotWaitedFor();
    void waitBlockingRethrows_data() { momentsAndExceptions(); }
    void waitBlockingRethrows();
    void waitBlockingTakesEveryType_data() { moments(); }
    void waitBlockingTakesEveryType();
    void waitBlockingNests();
    void deepTasksEnd();
    void waitBlockingEndsWhenTheLoopQuits();
    void waitBlockingEndsWithItsThread();
    void waitBlockingWithoutEventLoopIsAnError();
    // -- asResult
    void asResultHoldsValueOrError_data() { moments(); }
    void asResultHoldsValueOrError();
    void asResultLetsOtherExceptionsPass();
    // -- guarded
    void guardedBringsTheResult();
    void guardedEndsWhenTheContextDies();
    void guardedWithDeadContextIsCancelled();
    void guardedDropsWhatComesLate_data();
    void guardedDropsWhatComesLate();
    void guardedPrefersDeathToAResult();
    void guardedContextMayBelongToAnotherThread();
    void guardedLeavesNothingAtItsContext();
    // -- stopTokenFor
    void tokenStopsWithItsContext();
    void tokensOfOneContextShareTheirState();
    // -- run
    void runCallsElsewhereAndResumesHere();
    void runTakesArgumentsOver();
    void runKeepsTheTypeOfAnException();
    void runNeverResumesInsideOfACall();
    void runResumesInNestedLoops();
    void droppedRunGoesOn();
    void runEndsWithItsThread();
    void runEndsWithAThreadThatIsNoQThread();
    void runEndsWithTheApplication();
    void runServesEveryApplicationObject();
    void runWithoutEventLoopIsAnError();
    void runEndsWhenThePoolIsCleared();
    void manyRunsLeaveTheLoopAlive();

private:
    static void moments();
    static void momentsAndExceptions();
};

void TestAioTask::moments()
{
    QTest::addColumn<Moment>("moment");
    QTest::newRow("at once") << AtOnce;
    QTest::newRow("later") << Later;
}

void TestAioTask::momentsAndExceptions()
{
    QTest::addColumn<Moment>("moment");
    QTest::addColumn<Thrown>("thrown");
    for (const Moment moment : {AtOnce, Later}) {
        const char *when = moment == AtOnce ? "at once" : "later";
        QTest::addRow("AioException %s", when) << moment << Aio;
        QTest::addRow("std::exception %s", when) << moment << Standard;
        QTest::addRow("anything %s", when) << moment << Foreign;
    }
}

// -- spawn

void TestAioTask::spawnedExceptionIsLoggedAndHandedOn_data()
{
    QTest::addColumn<Moment>("moment");
    QTest::addColumn<Thrown>("thrown");
    QTest::addColumn<AioError::Code>("code");
    QTest::addColumn<QString>("text");
    for (const Moment moment : {AtOnce, Later}) {
        const char *when = moment == AtOnce ? "at once" : "later";
        QTest::addRow("AioException %s", when) << moment << Aio << AioError::Closed << QStringLiteral("closed for the day");
        QTest::addRow("std::exception %s", when)
            << moment << Standard << AioError::UnknownError << QStringLiteral("runtime_error: out of luck");
        QTest::addRow("anything %s", when) << moment << Foreign << AioError::UnknownError << QStringLiteral("Strange");
    }
}

void TestAioTask::spawnedExceptionIsLoggedAndHandedOn()
{
    QFETCH(Moment, moment);
    QFETCH(Thrown, thrown);
    QFETCH(AioError::Code, code);
    QFETCH(QString, text);
    const QRegularExpression pattern(QStringLiteral("spawned task.*") + text);

    AioTest::run([&]() -> QCoro::Task<> {
        // both with a task and with a function, both with a handler and without
        std::vector<AioError> errors;
        const auto note = [&errors](const AioError &error) { errors.push_back(error); };
        for (int i = 0; i < 4; ++i)
            QTest::ignoreMessage(QtWarningMsg, pattern);
        AioProcessing::spawn(throwing(moment, thrown), note);
        AioProcessing::spawn(throwing(moment, thrown));
        AioProcessing::spawn([moment, thrown] { return throwing(moment, thrown); }, note);
        AioProcessing::spawn([moment, thrown] { return throwing(moment, thrown); });
        co_await nextTurn();
        co_await nextTurn();
        AIO_COMPARE(errors.size(), std::size_t(2));
        for (const AioError &error : errors) {
            AIO_COMPARE(error.code, code);
            AIO_VERIFY2(error.message.contains(text), qPrintable(error.message));
        }
    });
}

void TestAioTask::spawnedCancelIsHandedOnWithoutWarning()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral("spawned")));
    AioError error;
    AioProcessing::spawn(throwing(AtOnce, Cancel), [&error](const AioError &e) { error = e; });
    QCOMPARE(error.code, AioError::Cancelled);
    bool called = false;
    AioProcessing::spawn(throwing(AtOnce, Nothing), [&called](const AioError &) { called = true; });
    QVERIFY(!called);
}

void TestAioTask::spawnedFunctionKeepsItsCaptures()
{
    AioTest::run([]() -> QCoro::Task<> {
        const auto captured = std::make_shared<QString>(QStringLiteral("a text that is long enough for the heap"));
        QString found;
        AioProcessing::spawn([captured, text = *captured, &found]() -> QCoro::Task<> {
            const int before = int(text.size());
            co_await nextTurn();
            found = before == text.size() ? *captured : QString();
        });
        AIO_COMPARE(captured.use_count(), 2l);
        co_await nextTurn();
        co_await nextTurn();
        AIO_COMPARE(found, *captured);
        AIO_COMPARE(captured.use_count(), 1l);
    });
}

void TestAioTask::spawnedFunctionMayThrowInsteadOfReturningATask()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("spawned task.*no task today")));
    AioError error;
    AioProcessing::spawn([]() -> QCoro::Task<> { throw std::logic_error("no task today"); },
                         [&error](const AioError &e) { error = e; });
    QCOMPARE(error.code, AioError::UnknownError);
}

void TestAioTask::errorHandlerMayThrow()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("spawned task.*closed")));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("error handler.*and worse")));
    AioProcessing::spawn(throwing(AtOnce, Aio), [](const AioError &) { throw std::runtime_error("and worse"); });
}

// -- waitBlocking

void TestAioTask::finishedTaskIsNotWaitedFor()
{
    bool turned = false;
    QTimer::singleShot(0, this, [&turned] { turned = true; });
    QCOMPARE(AioProcessing::waitBlocking(deliver(5, AtOnce)), 5);
    QVERIFY(!turned);
    QCoreApplication::processEvents();
    QVERIFY(turned);
}

void TestAioTask::waitBlockingRethrows()
{
    QFETCH(Moment, moment);
    QFETCH(Thrown, thrown);
    EventLoopChecker checker;
    try {
        AioProcessing::waitBlocking(throwing(moment, thrown));
        QFAIL("nothing was thrown");
    } catch (const AioException &e) {
        QCOMPARE(thrown, Aio);
        QCOMPARE(e.code(), AioError::Closed);
    } catch (const std::runtime_error &e) {
        QCOMPARE(thrown, Standard);
        QCOMPARE(e.what(), "out of luck");
    } catch (const Strange &e) {
        QCOMPARE(thrown, Foreign);
        QCOMPARE(e.value, 7);
    }
    QVERIFY(checker.stayedAlive());
}

void TestAioTask::waitBlockingTakesEveryType()
{
    QFETCH(Moment, moment);
    EventLoopChecker checker;
    QCOMPARE(AioProcessing::waitBlocking(deliver(NoDefault(3), moment)).value, 3);
    QCOMPARE(*AioProcessing::waitBlocking(deliver(std::make_unique<int>(4), moment)), 4);
    QCOMPARE(AioProcessing::waitBlocking(deliver(QStringLiteral("text"), moment)), QStringLiteral("text"));
    AioProcessing::waitBlocking(throwing(moment, Nothing));
    QVERIFY(checker.stayedAlive());
}

void TestAioTask::waitBlockingNests()
{
    EventLoopChecker checker;
    QCOMPARE(AioProcessing::waitBlocking(nestedLoops(30)), 31);
    QVERIFY(checker.stayedAlive());
}

void TestAioTask::deepTasksEnd()
{
    EventLoopChecker checker;
    QCOMPARE(AioProcessing::waitBlocking(depth(1000)), 1001);
    QVERIFY(checker.stayedAlive());
}

void TestAioTask::waitBlockingEndsWhenTheLoopQuits()
{
    Gate gate;
    EventLoopChecker checker;
    AioError::Code code = AioError::NoError;
    QTimer::singleShot(0, this, [&] {
        QTimer::singleShot(0, qApp, &QCoreApplication::quit);
        code = codeThrownBy([&] { AioProcessing::waitBlocking(numberBehind(gate, 1)); });
    });
    QCoreApplication::exec();
    QCOMPARE(code, AioError::Cancelled);
    gate.open();        // what comes late disturbs nobody
    QCOMPARE(AioProcessing::waitBlocking(deliver(2, Later)), 2);
    QVERIFY(checker.stayedAlive());
}

void TestAioTask::waitBlockingEndsWithItsThread()
{
    Gate gate;
    AioError::Code code = AioError::NoError;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        QTimer::singleShot(0, [] { QThread::currentThread()->quit(); });
        code = codeThrownBy([&] { AioProcessing::waitBlocking(numberBehind(gate, 1)); });
    }));
    thread->start();
    QVERIFY(thread->wait());
    QCOMPARE(code, AioError::Cancelled);
    gate.open();
}

void TestAioTask::waitBlockingWithoutEventLoopIsAnError()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("waitBlocking.*no event loop")));
    Gate gate;
    AioError::Code code = AioError::NoError;
    int number = 0;
    std::thread([&] {
        code = codeThrownBy([&] { AioProcessing::waitBlocking(numberBehind(gate, 1)); });
        number = AioProcessing::waitBlocking(deliver(2, AtOnce));
    }).join();
    QCOMPARE(code, AioError::UsageError);
    QCOMPARE(number, 2);
    gate.open();
}

// -- asResult

void TestAioTask::asResultHoldsValueOrError()
{
    QFETCH(Moment, moment);
    AioTest::run([&]() -> QCoro::Task<> {
        const auto value = co_await AioProcessing::asResult(deliver(3, moment));
        AIO_VERIFY(value);
        AIO_COMPARE(value.value(), 3);
        AIO_COMPARE(value.error().code, AioError::NoError);

        const auto done = co_await AioProcessing::asResult(throwing(moment, Nothing));
        AIO_VERIFY(done);
        done.value();

        const auto failed = co_await AioProcessing::asResult(throwing(moment, Aio));
        AIO_VERIFY(!failed);
        AIO_COMPARE(failed.error().code, AioError::Closed);
        AIO_COMPARE(codeThrownBy([&] { failed.value(); }), AioError::Closed);

        auto moveOnly = co_await AioProcessing::asResult(deliver(std::make_unique<int>(4), moment));
        const std::unique_ptr<int> taken = std::move(moveOnly).value();
        AIO_COMPARE(*taken, 4);

        const AioResult<int> none(AioError(AioError::NotFound));
        AIO_COMPARE(none.valueOr(9), 9);
        AIO_COMPARE(value.valueOr(9), 3);
        AIO_COMPARE(codeThrownBy([&] { none.value(); }), AioError::NotFound);
    });
}

void TestAioTask::asResultLetsOtherExceptionsPass()
{
    QVERIFY_EXCEPTION_THROWN(AioProcessing::waitBlocking(AioProcessing::asResult(throwing(AtOnce, Standard))), std::runtime_error);
    QVERIFY_EXCEPTION_THROWN(AioProcessing::waitBlocking(AioProcessing::asResult(throwing(Later, Foreign))), Strange);
}

// -- guarded

void TestAioTask::guardedBringsTheResult()
{
    AioTest::run([this]() -> QCoro::Task<> {
        const int atOnce = co_await AioProcessing::guarded(this, deliver(1, AtOnce));
        AIO_COMPARE(atOnce, 1);
        const auto later = co_await AioProcessing::guarded(this, deliver(std::make_unique<int>(2), Later));
        AIO_COMPARE(*later, 2);
        const NoDefault noDefault = co_await AioProcessing::guarded(this, deliver(NoDefault(3), Later));
        AIO_COMPARE(noDefault.value, 3);
        co_await AioProcessing::guarded(this, throwing(Later, Nothing));
        AIO_COMPARE(co_await codeOf(AioProcessing::guarded(this, throwing(Later, Aio))), AioError::Closed);
        AIO_COMPARE(co_await codeOf(AioProcessing::guarded(this, throwing(AtOnce, Aio))), AioError::Closed);
    });
}

void TestAioTask::guardedEndsWhenTheContextDies()
{
    AioTest::run([]() -> QCoro::Task<> {
        Gate gate;
        auto context = std::make_unique<QObject>();
        bool insideOfDestructor = false;
        bool resumedInside = false;
        QObject::connect(context.get(), &QObject::destroyed, [&] { insideOfDestructor = true; });
        auto code = codeOf(AioProcessing::guarded(context.get(), numberBehind(gate, 1)));
        QTimer::singleShot(0, [&] {
            context.reset();
            resumedInside = code.isReady();
        });
        AIO_COMPARE(co_await code, AioError::Cancelled);
        AIO_VERIFY(insideOfDestructor && !resumedInside);
        gate.open();
    });
}

void TestAioTask::guardedWithDeadContextIsCancelled()
{
    AioTest::run([]() -> QCoro::Task<> {
        Gate gate;
        auto pending = AioProcessing::guarded(nullptr, numberBehind(gate, 1));
        AIO_VERIFY(pending.isReady());
        AIO_COMPARE(co_await codeOf(std::move(pending)), AioError::Cancelled);
        AIO_COMPARE(co_await codeOf(AioProcessing::guarded(nullptr, deliver(1, AtOnce))), AioError::Cancelled);
        gate.open();
    });
}

void TestAioTask::guardedDropsWhatComesLate_data()
{
    QTest::addColumn<bool>("fails");
    QTest::newRow("a result") << false;
    QTest::newRow("an exception") << true;
}

void TestAioTask::guardedDropsWhatComesLate()
{
    QFETCH(bool, fails);
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".*")));
    AioTest::run([fails]() -> QCoro::Task<> {
        Gate gate;
        auto context = std::make_unique<QObject>();
        std::optional<QCoro::Task<AioError::Code>> code;
        if (fails)
            code = codeOf(AioProcessing::guarded(context.get(), failureBehind(gate)));
        else
            code = codeOf(AioProcessing::guarded(context.get(), numberBehind(gate, 1)));
        context.reset();
        AIO_COMPARE(co_await *code, AioError::Cancelled);
        gate.open();
        co_await nextTurn();
    });
}

void TestAioTask::guardedPrefersDeathToAResult()
{
    AioTest::run([]() -> QCoro::Task<> {
        Gate gate;
        auto context = std::make_unique<QObject>();
        auto code = codeOf(AioProcessing::guarded(context.get(), numberBehind(gate, 1)));
        gate.open();
        context.reset();        // before the coroutine could go on, and use it
        AIO_COMPARE(co_await code, AioError::Cancelled);
    });
}

void TestAioTask::guardedContextMayBelongToAnotherThread()
{
    AioTest::run([]() -> QCoro::Task<> {
        Gate gate;
        QThread thread;
        thread.start();
        auto *context = new QObject;
        context->moveToThread(&thread);
        auto code = codeOf(AioProcessing::guarded(context, numberBehind(gate, 1)));
        context->deleteLater();
        AIO_COMPARE(co_await code, AioError::Cancelled);
        AIO_COMPARE(QThread::currentThread(), qApp->thread());
        gate.open();
        thread.quit();
        thread.wait();
    });
}

void TestAioTask::guardedLeavesNothingAtItsContext()
{
    AioTest::run([]() -> QCoro::Task<> {
        Context context;
        for (int i = 0; i < 100; ++i)
            co_await AioProcessing::guarded(&context, throwing(Later, Nothing));
        AIO_COMPARE(context.connections(), 1);      // of the stop source that all tokens share
    });
}

// -- stopTokenFor

void TestAioTask::tokenStopsWithItsContext()
{
    auto context = std::make_unique<QObject>();
    const std::stop_token token = AioProcessing::stopTokenFor(context.get());
    QVERIFY(token.stop_possible() && !token.stop_requested());
    int calls = 0;
    const std::stop_callback callback(token, [&calls] { ++calls; });
    context.reset();
    QVERIFY(token.stop_requested());
    QCOMPARE(calls, 1);
    QVERIFY(AioProcessing::stopTokenFor(nullptr).stop_requested());
}

void TestAioTask::tokensOfOneContextShareTheirState()
{
    Context one, other;
    QVERIFY(AioProcessing::stopTokenFor(&one) == AioProcessing::stopTokenFor(&one));
    QVERIFY(AioProcessing::stopTokenFor(&one) != AioProcessing::stopTokenFor(&other));
    QCOMPARE(one.connections(), 1);
}

// -- run

void TestAioTask::runCallsElsewhereAndResumesHere()
{
    AioTest::run([]() -> QCoro::Task<> {
        QThread *const here = QThread::currentThread();
        QThread *const there = co_await AioProcessing::run(&QThread::currentThread);
        AIO_VERIFY(there && there != here);
        AIO_COMPARE(QThread::currentThread(), here);
        const QString text = co_await AioProcessing::run([](int number) { return QString::number(number); }, 5);
        AIO_COMPARE(text, QStringLiteral("5"));
        co_await AioProcessing::run([] {});
    });
}

void TestAioTask::runTakesArgumentsOver()
{
    AioTest::run([]() -> QCoro::Task<> {
        QString text = QStringLiteral("a text that is long enough for the heap");
        const QString copy = text;
        const auto size = [](const QString &given, std::unique_ptr<int> more) { return given.size() + *more; };
        auto later = AioProcessing::run(size, text, std::make_unique<int>(1));
        text.fill(QLatin1Char('x'), 3);
        AIO_COMPARE(co_await later, copy.size() + 1);

        int changed = 0;
        co_await AioProcessing::run([](int &number) { number = 2; }, std::ref(changed));
        AIO_COMPARE(changed, 2);

        const auto made = co_await AioProcessing::run([] { return std::make_unique<NoDefault>(3); });
        AIO_COMPARE(made->value, 3);
        const NoDefault noDefault = co_await AioProcessing::run([] { return NoDefault(4); });
        AIO_COMPARE(noDefault.value, 4);
    });
}

void TestAioTask::runKeepsTheTypeOfAnException()
{
    AioTest::run([]() -> QCoro::Task<> {
        int caught = 0;
        try {
            co_await AioProcessing::run([] { throw Strange(5); });
        } catch (const Strange &e) {
            caught = e.value;
        }
        AIO_COMPARE(caught, 5);
        const auto fail = [] { throw AioException(AioError(AioError::NotFound)); };
        AIO_COMPARE(co_await codeOf(AioProcessing::run(fail)), AioError::NotFound);
    });
}

void TestAioTask::runNeverResumesInsideOfACall()
{
    AioTest::run([]() -> QCoro::Task<> {
        OneThreadPool pool;
        auto task = AioProcessing::run([] { return 1; });
        pool->waitForDone();
        AIO_VERIFY(!task.isReady());        // done, but this thread's loop has not turned
        AIO_COMPARE(co_await task, 1);
    });
}

void TestAioTask::runResumesInNestedLoops()
{
    AioTest::run([]() -> QCoro::Task<> {
        OneThreadPool pool;
        auto first = AioProcessing::run([] {});
        auto second = AioProcessing::run([] { return 2; });
        pool->waitForDone();        // both are resumed in one turn
        co_await first;
        AIO_COMPARE(AioProcessing::waitBlocking(std::move(second)), 2);
    });
}

void TestAioTask::droppedRunGoesOn()
{
    AioTest::run([]() -> QCoro::Task<> {
        const auto held = std::make_shared<int>(1);
        QSemaphore mayGoOn;
        int result = 0;
        {
            const auto work = [held, &mayGoOn, &result] { mayGoOn.acquire(); result = *held + 1; };
            AioProcessing::run(work);
        }
        AIO_COMPARE(held.use_count(), 2l);
        mayGoOn.release();
        while (held.use_count() > 1)
            co_await nextTurn();
        AIO_COMPARE(result, 2);
    });
}

void TestAioTask::runEndsWithItsThread()
{
    QSemaphore started, mayGoOn;
    AioError::Code code = AioError::NoError;
    int waits = 0;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        noteEndOfRun(started, mayGoOn, code, waits);
        QEventLoop().exec();
    }));
    thread->start();
    started.acquire();
    thread->quit();
    QVERIFY(thread->wait());
    QCOMPARE(code, AioError::Cancelled);
    QCOMPARE(waits, 2);
    mayGoOn.release();      // its completion finds nobody
    AioContext::defaultContext()->threadPool()->waitForDone();
}

void TestAioTask::runEndsWithAThreadThatIsNoQThread()
{
    QSemaphore started, mayGoOn;
    AioError::Code code = AioError::NoError;
    int waits = 0;
    std::thread thread([&] {
        QEventLoop loop;        // makes the dispatcher
        noteEndOfRun(started, mayGoOn, code, waits);
    });
    started.acquire();
    thread.join();
    QCOMPARE(code, AioError::Cancelled);
    QCOMPARE(waits, 2);
    mayGoOn.release();
    AioContext::defaultContext()->threadPool()->waitForDone();
}

AIO_TEST_ROLE(quitter)
{
    static QSemaphore started, mayGoOn;
    AioError::Code code = AioError::NoError;
    int waits = 0;
    {
        QCoreApplication app(argc, argv);
        noteEndOfRun(started, mayGoOn, code, waits);
        started.acquire();
        QTimer::singleShot(0, &app, &QCoreApplication::quit);
        QCoreApplication::exec();
        AioTest::say(code == AioError::NoError ? "quit" : "too early");
    }
    AioTest::say(code == AioError::Cancelled && waits == 2 ? "cancelled" : "not cancelled");
    return 0;       // while the function still runs
}

void TestAioTask::runEndsWithTheApplication()
{
    HelperProcess helper("quitter");
    QVERIFY(helper.waitForLine("quit"));
    QVERIFY(helper.waitForLine("cancelled"));
    QCOMPARE(helper.waitForEnd(), 0);
}

AIO_TEST_ROLE(twoApplications)
{
    for (int i = 0; i < 2; ++i) {
        QCoreApplication app(argc, argv);
        if (AioProcessing::waitBlocking(AioProcessing::run([](int number) { return number; }, i)) == i)
            AioTest::say("served");
    }
    return 0;
}

void TestAioTask::runServesEveryApplicationObject()
{
    HelperProcess helper("twoApplications");
    QVERIFY(helper.waitForLine("served"));
    QVERIFY(helper.waitForLine("served"));
    QCOMPARE(helper.waitForEnd(), 0);
}

void TestAioTask::runWithoutEventLoopIsAnError()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("run must wait and this thread has no event loop")));
    AioError::Code code = AioError::NoError;
    bool called = false;
    std::thread([&] {
        code = codeThrownBy([&] { AioProcessing::waitBlocking(AioProcessing::run([&called] { called = true; })); });
    }).join();
    QCOMPARE(code, AioError::UsageError);
    QVERIFY(!called);
}

void TestAioTask::runEndsWhenThePoolIsCleared()
{
    AioTest::run([]() -> QCoro::Task<> {
        OneThreadPool pool;
        QSemaphore started, mayGoOn;
        bool called = false;
        const auto block = [&started, &mayGoOn] { started.release(); mayGoOn.acquire(); };
        auto running = AioProcessing::run(block);
        auto waiting = AioProcessing::run([&called] { called = true; });
        started.acquire();
        pool->clear();
        mayGoOn.release();
        AIO_COMPARE(co_await codeOf(std::move(waiting)), AioError::Cancelled);
        AIO_VERIFY(!called);
        co_await running;
    });
}

void TestAioTask::manyRunsLeaveTheLoopAlive()
{
    AioTest::run([]() -> QCoro::Task<> {
        constexpr int Count = 2000;
        int sum = 0;
        int resumed = 0;
        const auto one = [&sum, &resumed](int number) -> QCoro::Task<> {
            const int result = co_await AioProcessing::run([](int given) { return given; }, number);
            sum += result;
            ++resumed;
            QElapsedTimer work;
            for (work.start(); work.nsecsElapsed() < 100'000;) { }
        };
        for (int i = 0; i < Count; ++i)
            AioProcessing::spawn(one(i));
        while (resumed < Count)
            co_await nextTurn();
        AIO_COMPARE(sum, Count * (Count - 1) / 2);
    });
}

AIO_TEST_MAIN(TestAioTask)
#include "tst_aiotask.moc"

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "tst_engines.h"

#include <AioProcessing/AioProcessing>

#include <QAbstractItemModel>
#include <QJSValue>
#include <QQmlComponent>
#include <QQmlEngine>
#include <QTest>

#include <memory>
#include <thread>

using namespace std::chrono_literals;

namespace {

constexpr int Thousand = 1000;

// An engine, and an object of it that is made of \a body.
struct World
{
    explicit World(const char *body) : engine(std::make_unique<QQmlEngine>())
    {
        engine->addImportPath(QStringLiteral(AIO_QML_IMPORTS));
        QQmlComponent component(engine.get());
        component.setData(QByteArray("import QtQml\nimport AioProcessing\n") + body, {});
        object.reset(component.create());
        if (!object)
            qWarning() << component.errors();
    }
    QVariant call(const char *method)
    {
        QVariant result;
        QMetaObject::invokeMethod(object.get(), method, Q_RETURN_ARG(QVariant, result));
        return result;
    }
    int number(const char *property) const { return object->property(property).toInt(); }

    std::unique_ptr<QQmlEngine> engine;
    std::unique_ptr<QObject> object;
};

constexpr char ManyGets[] = R"(QtObject {
    id: root
    property int rejected: 0
    property int code: -1
    property AioQueue queue: AioQueue {}
    function begin() {
        for (let i = 0; i < 1000; ++i)
            queue.get().catch(error => { ++root.rejected; root.code = error.code })
        return queue.handle
    }
    function end() { queue = null }
})";

} // namespace

void TestEngines::blockingTheInterfaceIsToldOncePerOperation()
{
    static QStringList told;
    told.clear();
    static QtMessageHandler before = nullptr;
    before = qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &context, const QString &text) {
        if (qstrcmp(context.category, "aio.gui") == 0)
            told << text;
        else
            before(type, context, text);
    });
    AioSemaphore semaphore(0);
    AioEvent event;
    std::thread([&] { semaphore.acquire(1ms); }).join();       // no thread of the interface
    const qsizetype elsewhere = told.size();
    const bool atOnce = semaphore.acquire(QDeadlineTimer(0));  // waits for nothing
    const qsizetype afterNoWait = told.size();
    for (int i = 0; i < 2; ++i) {
        semaphore.acquire(1ms);
        event.wait(1ms);
    }
    qInstallMessageHandler(before);
    QVERIFY(!atOnce);
    QCOMPARE(elsewhere, 0);
    QCOMPARE(afterNoWait, 0);
    QCOMPARE(told.filter(QStringLiteral("AioSemaphore::acquire")).size(), 1);
    QCOMPARE(told.filter(QStringLiteral("AioEvent::wait")).size(), 1);
    QCOMPARE(told.size(), 2);
}

void TestEngines::engineGoesBeforeAThousandPromises()
{
    World world(ManyGets);
    QVERIFY(world.object);
    AioQueue queue(world.call("begin").value<AioHandle>());
    QCoreApplication::processEvents();
    world.engine.reset();
    queue.put(7);                                   // nobody is there who would take it
    for (int i = 0; i < 10; ++i)
        QCoreApplication::processEvents();
    QCOMPARE(queue.get(QDeadlineTimer(0)).value_or(QVariant()).toInt(), 7);
    world.object.reset();
    QCoreApplication::processEvents();
}

void TestEngines::objectGoesBeforeAThousandPromises()
{
    World world(ManyGets);
    QVERIFY(world.object);
    world.call("begin");
    const auto queue = world.object->property("queue").value<QObject *>();
    QVERIFY(queue);
    delete queue;
    QTRY_COMPARE(world.number("rejected"), Thousand);
    QCOMPARE(world.number("code"), int(AioError::Cancelled));
}

// The lock was granted, but the promise not resolved yet: who has the lock then goes with the object, and gives it up.
void TestEngines::engineGoesBetweenGrantAndPromise()
{
    World world(R"(QtObject {
        property AioLock lock: AioLock {}
        function begin() { lock.acquire(); return lock.handle }
    })");
    QVERIFY(world.object);
    AioLock lock(world.object->property("lock").value<QObject *>()->property("handle").value<AioHandle>());
    lock.acquire();
    world.call("begin");
    QCoreApplication::processEvents();
    lock.release();
    world.engine.reset();
    world.object.reset();
    QVERIFY(AioProcessing::waitBlocking(lock.coro_acquire(QDeadlineTimer(30'000))));
    lock.release();
}

namespace {

constexpr char ManyTasks[] = R"(QtObject {
        id: root
        property int rejected: 0
        property int code: -1
        property AioPool pool: AioPool { processes: 2 }
        property AioEvent begun: AioEvent {}
        function begin() {
            for (let i = 0; i < 1000; ++i)
                pool.apply("hang", [begun]).catch(error => { ++root.rejected; root.code = error.code })
            return begun.handle
        }
    })";

} // namespace

void TestEngines::poolGoesBeforeItsPromises()
{
    World world(ManyTasks);
    QVERIFY(world.object);
    AioEvent begun(world.call("begin").value<AioHandle>());
    QVERIFY(AioProcessing::waitBlocking(begun.coro_wait(QDeadlineTimer(60'000))));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("an AioPool is destroyed that still has")));
    delete world.object->property("pool").value<QObject *>();
    QTRY_COMPARE(world.number("rejected"), Thousand);
    QCOMPARE(world.number("code"), int(AioError::Cancelled));
}

// Two run, and have workers that are killed; the others wait.
void TestEngines::engineGoesBeforeTheTasksOfItsPool()
{
    World world(ManyTasks);
    QVERIFY(world.object);
    AioEvent begun(world.call("begin").value<AioHandle>());
    QVERIFY(AioProcessing::waitBlocking(begun.coro_wait(QDeadlineTimer(60'000))));
    auto *const pool = world.object->property("pool").value<AioPool *>();
    QVERIFY(pool);
    world.engine.reset();
    QTRY_COMPARE_WITH_TIMEOUT(pool->failedTasks(), Thousand, 60'000);
    QTRY_COMPARE_WITH_TIMEOUT(pool->runningTasks() + pool->pendingTasks(), 0, 60'000);
    QCOMPARE(world.number("rejected"), 0);
}

// What a view has to look at again, when ten thousand rows stand there, the first of a task that still runs, and one more task is done.
void TestEngines::modelTouchesOnlyWhatHasChanged()
{
    constexpr int Rows = 10'000;
    World world(R"(QtObject {
        id: root
        property int done: 0
        property AioPool pool: AioPool { processes: 2 }
        property AioEvent begun: AioEvent {}
        property AioPoolModel model: AioPoolModel { pool: root.pool; history: 10000 }
        function hang() {
            pool.apply("hang", [begun]).catch(error => {})
            return begun.handle
        }
        function begin(count) {
            const items = []
            for (let i = 0; i < count; ++i)
                items.push(i)
            pool.map("twice", items).then(results => root.done += results.length)
        }
    })");
    QVERIFY(world.object);
    auto *const model = world.object->property("model").value<QAbstractItemModel *>();
    QVERIFY(model);
    int inserted = 0, removed = 0, changed = 0, signalCount = 0;
    const auto count = [&signalCount](int &sum, int first, int last) {
        ++signalCount;
        sum += last - first + 1;
    };
    connect(model, &QAbstractItemModel::rowsInserted, this,
            [&](const QModelIndex &, int first, int last) { count(inserted, first, last); });
    connect(model, &QAbstractItemModel::rowsRemoved, this,
            [&](const QModelIndex &, int first, int last) { count(removed, first, last); });
    connect(model, &QAbstractItemModel::dataChanged, this,
            [&](const QModelIndex &first, const QModelIndex &last) { count(changed, first.row(), last.row()); });
    const auto begin = [&](int tasks) { QMetaObject::invokeMethod(world.object.get(), "begin", Q_ARG(QVariant, tasks)); };
    const auto isSettled = [&] {
        for (int row = model->rowCount() - 1; row >= qMax(0, model->rowCount() - 100); --row) {
            if (model->index(row, 0).data(model->roleNames().key("stateName")).toString() != QLatin1String("Finished"))
                return false;
        }
        return true;
    };

    AioEvent begun(world.call("hang").value<AioHandle>());
    QVERIFY(AioProcessing::waitBlocking(begun.coro_wait(QDeadlineTimer(60'000))));
    begin(Rows);
    QTRY_COMPARE_WITH_TIMEOUT(world.number("done"), Rows, 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(model->rowCount() == Rows + 1 && isSettled(), 60'000);
    QCOMPARE(inserted, Rows + 1);
    QCOMPARE(removed, 0);
    QVERIFY2(signalCount < Rows / 10, qPrintable(QString::number(signalCount)));       // many rows with each
    qInfo("10 000 tasks: %d signals, %d rows changed after they were inserted", signalCount, changed);

    inserted = removed = changed = signalCount = 0;
    begin(1);
    QTRY_COMPARE_WITH_TIMEOUT(world.number("done"), Rows + 1, 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(inserted == 1 && removed == 1 && isSettled(), 60'000);
    QCOMPARE(model->rowCount(), Rows + 1);
    qInfo("one task more: %d signals, %d rows changed", signalCount, changed);
    QVERIFY2(changed < 100, qPrintable(QString::number(changed)));      // two with each look
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("an AioPool is destroyed that still has")));
}

void TestEngines::objectOfNoEngineMakesNoPromise()
{
    World world(R"(AioEvent {})");
    QVERIFY(world.object);
    world.engine.reset();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("is in no QML engine")));
    QJSValue promise;
    QVERIFY(QMetaObject::invokeMethod(world.object.get(), "wait", Q_RETURN_ARG(QJSValue, promise)));
    QVERIFY(promise.isUndefined());
}

void TestEngines::workerNeedsNoDisplay()
{
    qputenv("QT_QPA_PLATFORM", "none-of-these");
    World world(R"(QtObject {
        id: root
        property int result: 0
        property AioProcess process: AioProcess { target: "twice"; arguments: [21] }
        function begin() { process.run().then(value => root.result = value) }
    })");
    QVERIFY(world.object);
    world.call("begin");
    QTRY_COMPARE_WITH_TIMEOUT(world.number("result"), 42, 60'000);
    qputenv("QT_QPA_PLATFORM", "offscreen");
}

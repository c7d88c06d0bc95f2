// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "aiotest.h"
#include "inventory.h"

#include "shm/rawlayout.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiotask.h>

#include <QDir>
#include <QSharedMemory>
#include <QTemporaryDir>

#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

constexpr uid_t Nobody = 65534;
bool s_isForkedChild = false;

void takeForEver(AioQueue &queue, AioQueue &said)
{
    said.put(qint64(::getpid()));
    for (;;)
        queue.get();
}

void addUp(AioQueue &queue, AioQueue &said)
{
    qint64 sum = 0;
    for (;;) {
        const QVariant item = queue.get();
        if (item.isNull())
            break;
        sum += item.toByteArray().size() + item.toByteArray().back();
    }
    said.put(sum);
}

// Uses everything that needs the runtime directory, in the one that argv[1] names, as user argv[2] if there is one.
AIO_TEST_ROLE(useDirectory)
{
    QCoreApplication app(argc, argv);
    qputenv("AIOPROCESSING_RUNTIME_DIR", argv[1]);
    if (argc > 2 && ::setresuid(Nobody, Nobody, Nobody) != 0)
        return 1;
    try {
        AioEvent event;
        [[maybe_unused]] auto wait = event.coro_wait();
        AioTest::say("fine");
    } catch (const AioException &exception) {
        AioTest::say(QVariant::fromValue(exception.code()).toByteArray());
        AioTest::say(exception.error().message.toUtf8());
    }
    return 0;
}

AIO_TEST_ROLE(openByName)
{
    try {
        AioContext context(QString::fromLocal8Bit(argv[1]));
        AioLock lock(context);
        AioTest::say(lock.handle().context());
        AioTest::hear();
    } catch (const AioException &exception) {
        AioTest::say(QVariant::fromValue(exception.code()).toByteArray());
        AioTest::say(exception.error().message.toUtf8());
    }
    return 0;
}

// Says the ids of its workers, and then uses everything until it is killed.
AIO_TEST_ROLE(tree)
{
    QCoreApplication app(argc, argv);
    qputenv("AIOPROCESSING_RUNTIME_DIR", argv[1]);
    AioContext named(QStringLiteral("tree"));
    AioLock lock;
    AioQueue queue;
    AioQueue said;
    AioQueue inNamed(named, 0);
    lock.acquire();
    inNamed.put(QByteArray(100'000, 'x'));
    AioProcess first(AioCall::to<&takeForEver>(queue, said));
    AioProcess second(AioCall::to<&takeForEver>(queue, said));
    first.start();
    second.start();
    const auto id = said.get().toByteArray();
    AioTest::say(id + ' ' + said.get().toByteArray());
    [[maybe_unused]] auto wait = lock.coro_acquire();
    return app.exec();
}

} // namespace

// Asked by LeakSanitizer: what the parent's other threads use is a leak in the child.
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off();
int __lsan_is_turned_off() { return s_isForkedChild; }

class TestAioContext : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void unusableRuntimeDirectory_data()
    {
        QTest::addColumn<QByteArray>("kind");
        for (const char *kind : {"file", "symlink", "open to all", "missing parent", "foreign", "unwritable"})
            QTest::newRow(kind) << QByteArray(kind);
    }
    void unusableRuntimeDirectory()
    {
        QFETCH(QByteArray, kind);
        const Watchdog watchdog("unusableRuntimeDirectory", 5s);
        QTemporaryDir parent;
        ::chmod(QFile::encodeName(parent.path()).constData(), 0755);
        const QByteArray path = QFile::encodeName(parent.filePath(QStringLiteral("runtime")));
        QList<QByteArray> arguments{path};
        if (kind == "file") {
            QFile file(QFile::decodeName(path));
            QVERIFY(file.open(QIODevice::WriteOnly));
        } else if (kind == "symlink") {
            QCOMPARE(::symlink("/tmp", path.constData()), 0);
        } else if (kind == "open to all") {
            QCOMPARE(::mkdir(path.constData(), 0755), 0);
        } else if (kind == "missing parent") {
            arguments[0] += "/below/that";
        } else {
            if (::getuid() != 0)
                QSKIP("only root can become another user");
            if (kind == "foreign")
                QCOMPARE(::mkdir(path.constData(), 0700), 0);
            arguments << "nobody";
        }
        HelperProcess helper("useDirectory", arguments);
        const QByteArray code = helper.readLine();
        const QByteArray message = helper.readLine();
        QCOMPARE(helper.waitForEnd(), 0);
        QCOMPARE(code, kind == "missing parent" ? QByteArray("NotFound") : QByteArray("PermissionDenied"));
        QVERIFY2(message.contains("AIOPROCESSING_RUNTIME_DIR") && message.contains(path), message.constData());
    }

    void fullRuntimeDirectory()
    {
#if !defined(AIO_FAULT_POINTS)
        QSKIP("needs a build with fault points");
#endif
        const Watchdog watchdog("fullRuntimeDirectory", 60s);
        QTemporaryDir parent;
        const QString path = parent.filePath(QStringLiteral("runtime"));
        int failures = 0;
        for (;; ++failures) {
            qputenv("AIO_FAULT", "*:" + QByteArray::number(failures + 1) + ":errno:ENOSPC");
            HelperProcess helper("useDirectory", {QFile::encodeName(path)});
            qunsetenv("AIO_FAULT");
            const QByteArray code = helper.readLine();
            if (code == "fine") {
                QCOMPARE(helper.waitForEnd(), 0);
                break;
            }
            const QByteArray message = helper.readLine();
            QCOMPARE(helper.waitForEnd(), 0);
            QCOMPARE(code, QByteArray("OutOfResources"));
            QVERIFY2(message.contains(QFile::encodeName(path)), message.constData());
            QVERIFY2(!QFileInfo::exists(path), qPrintable(AioTest::filesBelow(path).join(QLatin1Char(' ')) + QString::fromUtf8(message)));
        }
        qInfo("%d calls failed for want of space, one at a time", failures);
        QVERIFY(failures >= 6);
        QVERIFY(!QFileInfo::exists(path));
    }

    void otherLayoutIsRefused_data()
    {
        QTest::addColumn<QByteArray>("what");
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("version") << QByteArray("version") << QByteArray("layout version");
        QTest::newRow("backend") << QByteArray("backend") << QByteArray("the backend generic");
        QTest::newRow("pid namespace") << QByteArray("namespace") << QByteArray("another pid namespace");
    }
    void otherLayoutIsRefused()
    {
        QFETCH(QByteArray, what);
        QFETCH(QByteArray, text);
        const Watchdog watchdog("otherLayoutIsRefused", 5s);
        HelperProcess owner("openByName", {"versions"});
        const QString arena = QString::fromLatin1(owner.readLine());
        const QString directory = qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR") + QStringLiteral("/a-") + arena;
        const auto keys = QDir(directory).entryList({QStringLiteral("0-*")}, QDir::Files);
        QCOMPARE(keys.size(), 1);
        {
            QSharedMemory segment;
            segment.setNativeKey(directory + QLatin1Char('/') + keys.first());
            QVERIFY(segment.attach());
            auto *header = static_cast<aio_raw::SegmentHeader *>(segment.data());
            if (what == "namespace")
                header->pidNamespace += 1;
            else if (what == "backend")
                header->backend = header->backend == aio_raw::Backend::Linux ? aio_raw::Backend::Generic : aio_raw::Backend::Linux;
            else
                header->layoutVersion += 1;
        }
        HelperProcess other("openByName", {"versions"});
        QCOMPARE(other.readLine(), QByteArray("VersionMismatch"));
        const QByteArray message = other.readLine();
        QVERIFY2(message.contains(text), message.constData());
        QCOMPARE(other.waitForEnd(), 0);
        const AioHandle handle(AioHandle::Lock, arena.toLatin1(), 1);
        QCOMPARE(AioTest::codeThrownBy([&] { AioLock lock(handle); }), AioError::VersionMismatch);
        QCOMPARE(QDir(directory).entryList({QStringLiteral("0-*")}, QDir::Files), keys);
        owner.closeInput();
        QCOMPARE(owner.waitForEnd(), 0);
        QVERIFY(!QFileInfo::exists(directory));
    }

    void contextsAreFoundByName()
    {
        const Watchdog watchdog("contextsAreFoundByName", 5s);
        HelperProcess first("openByName", {"shared name"});
        HelperProcess second("openByName", {"shared name"});
        HelperProcess other("openByName", {"another name"});
        const QByteArray id = first.readLine();
        QCOMPARE(second.readLine(), id);
        QVERIFY(other.readLine() != id);
        QCOMPARE(AioContext(QStringLiteral("shared name")).id(), id);
        for (HelperProcess *helper : {&first, &second, &other}) {
            helper->closeInput();
            QCOMPARE(helper->waitForEnd(), 0);
        }
    }

    void killedTreeLeavesNothingAfterTheNextStart()
    {
        const Watchdog watchdog("killedTreeLeavesNothingAfterTheNextStart", 20s);
        QTemporaryDir parent;
        const QString path = parent.filePath(QStringLiteral("runtime"));
        const QStringList ipcBefore = AioTest::orphanedIpc();
        HelperProcess tree("tree", {QFile::encodeName(path)});
        const QList<QByteArray> workers = tree.readLine().split(' ');
        QCOMPARE(workers.size(), 2);
        for (const QByteArray &worker : workers)
            QCOMPARE(::kill(worker.toInt(), SIGSTOP), 0);       // nobody is left who could clean up
        QVERIFY(tree.kill());
        for (const QByteArray &worker : workers) {
            if (!AioTest::hasLinuxBackend())
                ::kill(worker.toInt(), SIGCONT);                // what is stopped does not see its parent's end
        }
        for (const QByteArray &worker : workers)
            QTRY_VERIFY(!QFileInfo::exists(QStringLiteral("/proc/") + QString::fromLatin1(worker) + QStringLiteral("/exe")));
        QVERIFY(!AioTest::filesBelow(path).isEmpty());
        QVERIFY(!AioTest::additional(AioTest::orphanedIpc(), ipcBefore).isEmpty());

        HelperProcess next("useDirectory", {QFile::encodeName(path)});
        QCOMPARE(next.readLine(), QByteArray("fine"));
        QCOMPARE(next.waitForEnd(), 0);
        QVERIFY2(!QFileInfo::exists(path), qPrintable(AioTest::filesBelow(path).join(QLatin1Char(' '))));
        QCOMPARE(AioTest::additional(AioTest::orphanedIpc(), ipcBefore), QStringList());
    }

    // The last program that ends takes the directory away while the next one starts.
    void programThatComesAsTheLastOneLeavesMakesTheDirectoryAnew()
    {
        QTemporaryDir parent;
        const QString path = parent.filePath(QStringLiteral("runtime"));
        qputenv("AIO_FAULT", "directory.opened:1:stop");
        HelperProcess comer("useDirectory", {QFile::encodeName(path)});
        qunsetenv("AIO_FAULT");
        QVERIFY(comer.waitForStop());
        QVERIFY(QFile::remove(path + QStringLiteral("/lock")));
        QVERIFY(QDir().rmdir(path));
        comer.cont();
        QCOMPARE(comer.readLine(), QByteArray("fine"));
        QCOMPARE(comer.waitForEnd(), 0);
        QVERIFY(!QFileInfo::exists(path));
    }

    void memoryGrowsAndIsUsedAgain()
    {
        constexpr int Count = 100;
        constexpr int Bytes = 1'500'000;
        AioQueue queue;
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            for (int round = 0; round < 2; ++round) {
                for (int i = 0; i < Count; ++i) {
                    const QByteArray item(Bytes, char(i));
                    co_await queue.coro_put(item);
                }
                co_await queue.coro_put(QVariant());
                AioProcess taker(AioCall::to<&addUp>(queue, said));
                taker.start();
                const QVariant sum = co_await said.coro_get();
                AIO_COMPARE(sum.toLongLong(), qint64(Count) * Bytes + Count * (Count - 1) / 2);
                co_await taker.coro_join();
            }
        });
    }

    void exitOfAForkedChildLeavesTheParentsThings()
    {
        AioEvent event;
        const QString directory = qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR");
        const QStringList before = AioTest::filesBelow(directory);
        const pid_t child = ::fork();
        if (child == 0) {
            s_isForkedChild = true;
            std::exit(0);
        }
        int status = -1;
        QCOMPARE(::waitpid(child, &status, 0), child);
        QCOMPARE(status, 0);
        QCOMPARE(AioTest::additional(before, AioTest::filesBelow(directory)), QStringList());
        AioTest::run([&]() -> QCoro::Task<> {
            auto wait = event.coro_wait();
            event.set();
            const bool set = co_await wait;
            AIO_VERIFY(set);
        });
    }
};

AIO_TEST_MAIN(TestAioContext)
#include "tst_aiocontext.moc"

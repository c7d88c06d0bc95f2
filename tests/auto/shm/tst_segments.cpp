// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What becomes of an arena whose files or segments others take away, and of one that cannot be had.

#include "aiotest.h"
#include "inventory.h"

#include "shm/rawlayout.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiotask.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

void sayError(const AioException &exception)
{
    AioTest::say(QVariant::fromValue(exception.code()).toByteArray());
    AioTest::say(exception.error().message.toUtf8());
}

// Opens the lock and the event called "shared" of the context argv[1], says the context's id, and does what it is told to.
AIO_TEST_ROLE(member)
{
    QCoreApplication app(argc, argv);
    try {
        AioContext context(QString::fromLocal8Bit(argv[1]));
        AioLock lock(QStringLiteral("shared"), context);
        AioEvent event(QStringLiteral("shared event"), context);
        AioTest::say(context.id());
        for (QByteArray word = AioTest::hear(); !word.isNull(); word = AioTest::hear()) {
            if (word == "acquire")
                lock.acquire();
            else if (word == "release")
                lock.release();
            else if (word == "set")
                event.set();
            else if (word == "wait") {
                AioProcessing::waitBlocking(event.coro_wait());
                event.clear();
            }
            AioTest::say(word);
        }
    } catch (const AioException &exception) {
        sayError(exception);
    }
    return 0;
}

// Has System V memory of its own, argv[1] segments at most, and makes two contexts.
AIO_TEST_ROLE(poor)
{
    const int limit = ::unshare(CLONE_NEWIPC) == 0 ? ::open("/proc/sys/kernel/shmmni", O_WRONLY) : -1;
    if (limit < 0 || ::write(limit, argv[1], std::strlen(argv[1])) < 0) {
        AioTest::say("cannot");
        return 0;
    }
    ::close(limit);
    QCoreApplication app(argc, argv);
    std::unique_ptr<AioLock> first;
    for (const char *name : {"first", "second"}) {
        try {
            AioContext context(QString::fromLatin1(name));
            AioLock lock(context);
            lock.acquire();
            lock.release();
            if (!first)
                first = std::make_unique<AioLock>(context);
            AioTest::say("fine");
        } catch (const AioException &exception) {
            sayError(exception);
        }
    }
    if (first) {
        first->acquire();
        first->release();
        AioTest::say("goes on");
    }
    return 0;
}

// A helper that uses what it shares with another one: they exclude each other, and wake each other.
bool workTogether(HelperProcess &one, HelperProcess &other)
{
    const auto does = [](HelperProcess &helper, const char *word) {
        helper.send(word);
        return helper.waitForLine(word);
    };
    if (!does(one, "acquire"))
        return false;
    other.send("acquire");
    one.send("release");
    if (!one.waitForLine("release") || !other.waitForLine("acquire") || !does(other, "release"))
        return false;
    one.send("wait");
    return does(other, "set") && one.waitForLine("wait");
}

} // namespace

class TestSegments : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { [[maybe_unused]] const auto *context = AioContext::defaultContext(); }       // which sweeps at its end

    // Those who use it go on, and nobody ever gets another arena of the same name.
    void whatIsTakenAwayFromAnArenaInUse_data()
    {
        QTest::addColumn<QByteArray>("what");
        for (const char *what : {"key", "segment", "lock"})
            QTest::newRow(what) << QByteArray(what);
    }
    void whatIsTakenAwayFromAnArenaInUse()
    {
        QFETCH(QByteArray, what);
        const Watchdog watchdog("whatIsTakenAwayFromAnArenaInUse", 20s);
        const QStringList before = AioTest::orphanedIpc();
        int segment = -1;
        int semaphore = -1;     // Qt 6.8 makes one with the segment
        {
            HelperProcess first("member", {"taken away " + what});
            const QByteArray id = first.readLine();
            HelperProcess second("member", {"taken away " + what});
            QCOMPARE(second.readLine(), id);
            const QString directory = qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR") + QStringLiteral("/a-") + QString::fromLatin1(id);
            const QStringList keys = QDir(directory).entryList({QStringLiteral("0-*")}, QDir::Files);
            QCOMPARE(keys.size(), 1);
            const QString key = directory + QLatin1Char('/') + keys.first();
            const key_t number = ::ftok(QFile::encodeName(key).constData(), 'Q');
            segment = ::shmget(number, 0, 0);
            semaphore = ::semget(number, 0, 0);
            QVERIFY(segment >= 0);
            if (what == "key")
                QVERIFY(QFile::remove(key));
            else if (what == "lock")
                QVERIFY(QFile::remove(directory + QStringLiteral("/lock")));
            else
                QCOMPARE(::shmctl(segment, IPC_RMID, nullptr), 0);

            QVERIFY(workTogether(first, second));
            HelperProcess third("member", {"taken away " + what});
            const QByteArray answer = third.readLine();
            if (what == "lock") {
                QCOMPARE(answer, id);
                QVERIFY(workTogether(first, third));
            } else {
                QCOMPARE(answer, QByteArray("NotFound"));
                const QByteArray message = third.readLine();
                QVERIFY2(message.contains(QFile::encodeName(directory)) && message.contains("removed"), message.constData());
            }
            QVERIFY(workTogether(second, first));
            for (HelperProcess *helper : {&first, &second, &third}) {
                helper->closeInput();
                QCOMPARE(helper->waitForEnd(), 0);
            }
        }
        if (what == "key") {    // nobody has it any more
            QCOMPARE(::shmctl(segment, IPC_RMID, nullptr), 0);
            ::semctl(semaphore, 0, IPC_RMID);
        }
        // once they are gone, there is one again
        HelperProcess next("member", {"taken away " + what});
        HelperProcess another("member", {"taken away " + what});
        QCOMPARE(next.readLine(), another.readLine());
        QVERIFY(workTogether(next, another));
        for (HelperProcess *helper : {&next, &another}) {
            helper->closeInput();
            QCOMPARE(helper->waitForEnd(), 0);
        }
        QCOMPARE(AioTest::additional(AioTest::orphanedIpc(), before), QStringList());
    }

    // A segment that is not what it should be is not believed, whatever is wrong with its first bytes.
    void headerIsLookedAt_data()
    {
        QTest::addColumn<QByteArray>("what");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("magic") << QByteArray("magic") << QByteArray("NotFound");
        QTest::newRow("identity") << QByteArray("identity") << QByteArray("NotFound");
        QTest::newRow("number") << QByteArray("number") << QByteArray("NotFound");
        QTest::newRow("not ready") << QByteArray("ready") << QByteArray("NotFound");
        QTest::newRow("size") << QByteArray("size") << QByteArray("VersionMismatch");
    }
    void headerIsLookedAt()
    {
        QFETCH(QByteArray, what);
        QFETCH(QByteArray, code);
        const Watchdog watchdog("headerIsLookedAt", 10s);
        HelperProcess owner("member", {"header " + what});
        const QByteArray id = owner.readLine();
        const QString directory = qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR") + QStringLiteral("/a-") + QString::fromLatin1(id);
        const QStringList keys = QDir(directory).entryList({QStringLiteral("0-*")}, QDir::Files);
        QCOMPARE(keys.size(), 1);
        const int segment = ::shmget(::ftok(QFile::encodeName(directory + QLatin1Char('/') + keys.first()).constData(), 'Q'), 0, 0);
        auto *header = static_cast<aio_raw::SegmentHeader *>(::shmat(segment, nullptr, 0));
        QVERIFY(header != reinterpret_cast<void *>(-1));
        const auto magic = header->magic;
        if (what == "magic")
            header->magic ^= 1;
        else if (what == "identity")
            header->arena[3] ^= 1;
        else if (what == "number")
            header->segment += 1;
        else if (what == "ready")
            header->ready.store(0);
        else
            header->bytes /= 2;
        HelperProcess other("member", {"header " + what});
        QCOMPARE(other.readLine(), code);
        QVERIFY(other.readLine().contains(QFile::encodeName(directory)));
        QCOMPARE(other.waitForEnd(), 0);
        const AioHandle handle(AioHandle::Lock, id, 1);
        QCOMPARE(QVariant::fromValue(AioTest::codeThrownBy([&] { AioLock lock(handle); })).toByteArray(), code);
        header->magic = magic;      // so that its owner knows it again when he takes it away
        if (what == "identity")
            header->arena[3] ^= 1;
        ::shmdt(header);
        owner.closeInput();
        QCOMPARE(owner.waitForEnd(), 0);
        QVERIFY(!QFileInfo::exists(directory));
    }

    // A segment that is too small for its header's arena, under the key of one that there is no more.
    void plantedSegmentIsNotBelieved()
    {
        const Watchdog watchdog("plantedSegmentIsNotBelieved", 10s);
        QByteArray id;
        QString directory;
        {
            HelperProcess first("member", {"planted"});
            id = first.readLine();
            directory = qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR") + QStringLiteral("/a-") + QString::fromLatin1(id);
            first.closeInput();
            QCOMPARE(first.waitForEnd(), 0);
        }
        QVERIFY(QDir().mkdir(directory));
        const QByteArray key = QFile::encodeName(directory + QStringLiteral("/0-0000000000000001"));
        QVERIFY(::close(::open((QFile::encodeName(directory) + "/lock").constData(), O_CREAT | O_CLOEXEC, 0600)) == 0);
        QVERIFY(::close(::open(key.constData(), O_CREAT | O_CLOEXEC, 0600)) == 0);
        const int segment = ::shmget(::ftok(key.constData(), 'Q'), sizeof(aio_raw::SegmentHeader), IPC_CREAT | IPC_EXCL | 0600);
        QVERIFY(segment >= 0);
        auto *header = static_cast<aio_raw::SegmentHeader *>(::shmat(segment, nullptr, 0));
        const QByteArray identity = QByteArray::fromHex(id);
        header->magic = aio_raw::ArenaMagic;
        header->layoutVersion = aio_raw::LayoutVersion;
        std::memcpy(header->arena, identity.constData(), sizeof header->arena);
        header->bytes = aio_raw::SegmentBytes;
        header->ready.store(aio_raw::ArenaMagic);
        const AioHandle handle(AioHandle::Lock, id, 1);
        const AioError::Code code = AioTest::codeThrownBy([&] { AioLock lock(handle); });
        ::shmdt(header);
        ::shmctl(segment, IPC_RMID, nullptr);
        QCOMPARE(code, AioError::VersionMismatch);
        HelperProcess next("member", {"planted"});
        QCOMPARE(next.readLine(), id);
        next.closeInput();
        QCOMPARE(next.waitForEnd(), 0);
        QVERIFY(!QFileInfo::exists(directory));
    }

    void limitOfTheSystemIsNamed_data()
    {
        QTest::addColumn<QByteArray>("segments");
        QTest::newRow("none") << QByteArray("0");
        QTest::newRow("one") << QByteArray("1");
    }
    void limitOfTheSystemIsNamed()
    {
        QFETCH(QByteArray, segments);
        const Watchdog watchdog("limitOfTheSystemIsNamed", 20s);
        QTemporaryDir parent;
        const QString path = parent.filePath(QStringLiteral("runtime"));
        const QByteArray usual = qgetenv("AIOPROCESSING_RUNTIME_DIR");
        qputenv("AIOPROCESSING_RUNTIME_DIR", QFile::encodeName(path));
        HelperProcess poor("poor", {segments});
        qputenv("AIOPROCESSING_RUNTIME_DIR", usual);
        const QByteArray first = poor.readLine();
        if (first == "cannot")
            QSKIP("needs the right to make an IPC namespace");
        QCOMPARE(first, segments == "0" ? QByteArray("OutOfResources") : QByteArray("fine"));
        if (segments == "0") {
            const QByteArray message = poor.readLine();
            QVERIFY2(message.contains("kernel.shmmni"), message.constData());
        }
        QCOMPARE(poor.readLine(), QByteArray("OutOfResources"));
        const QByteArray message = poor.readLine();
        QVERIFY2(message.contains("kernel.shmmni"), message.constData());
        if (segments == "1")
            QCOMPARE(poor.readLine(), QByteArray("goes on"));
        QCOMPARE(poor.waitForEnd(), 0);
        QVERIFY2(!QFileInfo::exists(path), qPrintable(AioTest::filesBelow(path).join(QLatin1Char(' '))));
    }
};

AIO_TEST_MAIN(TestSegments)
#include "tst_segments.moc"

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Programs and their three channels: lines, back-pressure, input.

#include "processtest.h"

#include <QCoroTimer>
#include <QLoggingCategory>
#include <QSignalSpy>
#include <QTemporaryDir>

using namespace std::chrono_literals;

namespace {

// How often this thread has gone to sleep so far.
qint64 sleeps()
{
    QFile file(QStringLiteral("/proc/thread-self/status"));
    file.open(QIODevice::ReadOnly);
    const QByteArray text = file.readAll();
    const QByteArray name = "\nvoluntary_ctxt_switches:";
    return text.mid(text.indexOf(name) + name.size()).trimmed().split('\n').first().trimmed().toLongLong();
}

QCoro::Task<> collect(AioProcess &process, QByteArrayList &lines)
{
    auto generator = process.coro_lines();
    auto it = co_await generator.begin();
    while (it != generator.end()) {
        lines.append(*it);
        co_await ++it;
    }
}

QCoro::Task<> take(QCoro::AsyncGenerator<QByteArray> &generator, int count, QByteArrayList &lines)
{
    auto it = co_await generator.begin();
    for (int i = 0; i < count && it != generator.end(); ++i) {
        lines.append(*it);
        if (i + 1 < count)
            co_await ++it;
    }
}

struct WriteEnding
{
    std::optional<bool> value;
    std::optional<AioError::Code> error;
};

QCoro::Task<> writeInto(WriteEnding &ending, AioProcess &process, QByteArray data, QDeadlineTimer deadline, std::stop_token stop)
{
    try {
        const bool isWritten = co_await process.coro_write(data, deadline, stop);
        ending.value = isWritten;
    } catch (const AioException &e) {
        ending.error = e.code();
    }
}

} // namespace

class tst_AioProcessProgram : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void linesArriveAsSignalsAndFromTheGenerator_data()
    {
        QTest::addColumn<bool>("before");
        QTest::newRow("asked for before the start") << true;
        QTest::newRow("after it") << false;
    }
    void linesArriveAsSignalsAndFromTheGenerator()
    {
        QFETCH(bool, before);
        AioProcess process(QStringLiteral("sh"), {"-c", "echo one; printf 'two\\r\\n'; echo bad >&2; printf rest"});
        QSignalSpy output(&process, &AioProcess::outputLine);
        QSignalSpy errors(&process, &AioProcess::errorLine);
        QByteArrayList lines;
        EventLoopChecker loop;
        if (!before)
            process.start();
        auto task = collect(process, lines);
        if (before)
            process.start();
        AioProcessing::waitBlocking(std::move(task));
        QTRY_VERIFY(!process.isAlive());
        QCOMPARE(lines, (QByteArrayList{"one", "two", "rest"}));
        QCOMPARE(output.size(), 3);
        QCOMPARE(errors.size(), 1);
        QCOMPARE(errors[0][0], QVariant(QByteArray("bad")));
        QVERIFY(loop.stayedAlive(100));
    }

    void linesOfTheEndAreKeptForALateReader()
    {
        AioProcess process(QStringLiteral("sh"), {"-c", "echo one; echo two"});
        process.start();
        QVERIFY(process.join(30s));
        QByteArrayList lines;
        AioProcessing::waitBlocking(collect(process, lines));
        QCOMPARE(lines, (QByteArrayList{"one", "two"}));
    }

    void slowReaderHoldsUpTheProgram()
    {
        AioProcess process(QStringLiteral("yes"));    // writes for ever
        process.start();
        auto generator = process.coro_lines();
        QByteArrayList lines;
        EventLoopChecker loop;
        AioProcessing::waitBlocking(take(generator, 3, lines));
        QCOMPARE(lines, (QByteArrayList{"y", "y", "y"}));
        // It stands in its write() now, and nothing is read any more.
        QTRY_VERIFY(processState(process.pid()) == 'S');
        const qint64 before = residentKiB();
        QTest::qWait(200);
        QCOMPARE(processState(process.pid()), 'S');
        QVERIFY2(residentKiB() - before < 4096, qPrintable(QString::number(residentKiB() - before)));
        // A reader that goes on gets it going again: more lines than the buffer and the pipe hold.
        AioProcessing::waitBlocking(take(generator, 200000, lines));
        QCOMPARE(lines.size(), 200003);
        process.kill();
        QTRY_VERIFY(!process.isAlive());
        QVERIFY(loop.stayedAlive(100));
    }

    void nobodyWhoListensHoldsUpNothing()
    {
        AioProcess process(QStringLiteral("sh"), {"-c", "head -c 50000000 /dev/zero | tr '\\0' '\\n'; echo end"});
        process.start();
        const qint64 before = residentKiB();
        QVERIFY(process.join(60s));
        QVERIFY(residentKiB() - before < 20000);
        QByteArrayList lines;
        AioProcessing::waitBlocking(collect(process, lines));
        QVERIFY(lines.size() < 20000);
        QCOMPARE(lines.constLast(), "end");    // the newest are kept
    }

    void blockingJoinTakesInAllOutput()
    {
        AioProcess process(QStringLiteral("sh"), {"-c", "head -c 3000000 /dev/zero | tr '\\0' '\\n'"});
        auto generator = process.coro_lines();    // a reader that cannot read while this thread blocks
        process.start();
        QVERIFY(process.join(60s));
        QByteArrayList lines;
        AioProcessing::waitBlocking(take(generator, 4000000, lines));
        QCOMPARE(lines.size(), 3000000);
    }

    void lineWithoutEndComesInPieces()
    {
        AioProcess process(QStringLiteral("head"), {"-c", "5000000", "/dev/zero"});
        QByteArrayList lines;
        process.start();
        AioProcessing::waitBlocking(collect(process, lines));
        QCOMPARE(lines.join().size(), 5000000);
        QVERIFY(lines.size() >= 4);
    }

    void grandchildThatHoldsTheOutputDoesNotMatter()
    {
        for (const bool blocking : {true, false}) {
            AioProcess process(QStringLiteral("sh"), {"-c", "sleep 1000 & echo $!"});
            QSignalSpy lines(&process, &AioProcess::outputLine);
            QSignalSpy finished(&process, &AioProcess::finished);
            process.start();
            if (blocking)
                QVERIFY(process.join(30s));
            else
                QVERIFY(finished.wait(30000));
            QCOMPARE(lines.size(), 1);
            ::kill(lines[0][0].toByteArray().toInt(), SIGKILL);
        }
    }

    void idleJoinDoesNotWakeUp_data()
    {
        QTest::addColumn<bool>("withToken");
        QTest::newRow("deadline") << false;
        QTest::newRow("deadline and token") << true;
    }
    void idleJoinDoesNotWakeUp()
    {
        QFETCH(bool, withToken);
        AioProcess process(QStringLiteral("cat"));
        QSignalSpy lines(&process, &AioProcess::outputLine);
        QSignalSpy errors(&process, &AioProcess::errorLine);
        process.start();
        QVERIFY(!process.join(20ms));
        std::stop_source stop;
        const qint64 before = sleeps();
        QVERIFY(!process.join(QDeadlineTimer(500), withToken ? stop.get_token() : std::stop_token()));
        QVERIFY2(sleeps() - before < 10, qPrintable(QString::number(sleeps() - before)));
        process.closeInput();
        QVERIFY(process.join(30s));
    }

    void inputReachesTheProgram_data()
    {
        QTest::addColumn<QByteArray>("form");
        for (const char *form : {"blocking", "coroutine", "signal"})
            QTest::newRow(form) << QByteArray(form);
    }
    void inputReachesTheProgram()
    {
        QFETCH(QByteArray, form);
        const QByteArray data(3000000, 'x');    // far more than a pipe holds
        AioProcess process(QStringLiteral("wc"), {"-c"});
        QSignalSpy lines(&process, &AioProcess::outputLine);
        QSignalSpy written(&process, &AioProcess::written);
        EventLoopChecker loop;
        process.start();
        if (form == "blocking") {
            QVERIFY(process.write(data));
        } else if (form == "coroutine") {
            QVERIFY(AioProcessing::waitBlocking(process.coro_write(data)));
        } else {
            process.coro_write(data);    // ignores the task
            QVERIFY(written.wait(30000));
        }
        if (form != "blocking")
            QVERIFY(loop.stayedAlive(100));
        QCOMPARE(written.size(), 1);
        process.closeInput();
        QVERIFY(process.join(30s));
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines[0][0].toByteArray().trimmed(), "3000000");
    }

    void blockingWriteTakesInWhatTheProgramAnswers()
    {
        AioProcess process(QStringLiteral("cat"));    // both pipes would be full
        qsizetype bytes = 0;
        connect(&process, &AioProcess::outputLine, this, [&](const QByteArray &line) { bytes += line.size() + 1; });
        process.start();
        const QByteArray line = QByteArray(99, 'y') + '\n';
        for (int i = 0; i < 5; ++i)
            QVERIFY(process.write(line.repeated(5000)));
        process.closeInput();
        QVERIFY(process.join(30s));
        QCOMPARE(bytes, 5 * 5000 * 100);
    }

    void writeThatNobodyReadsHasNoEffectWhenItIsGivenUp()
    {
        AioProcess process(QStringLiteral("sh"), {"-c", "read word; exec wc -c"});
        QSignalSpy lines(&process, &AioProcess::outputLine);
        process.start();
        ::kill(pid_t(process.pid()), SIGSTOP);
        QTRY_COMPARE(processState(process.pid()), 'T');
        QVERIFY(process.write("go\n"));
        // Fills the pipe: its first bytes are in, so it cannot be taken back.
        QVERIFY(process.write(QByteArray(200000, 'a'), 50ms));
        // Behind it nothing begins.
        QElapsedTimer clock;
        clock.start();
        QVERIFY(!process.write("b", 30ms));
        QVERIFY(clock.nsecsElapsed() >= 30000000);
        std::stop_source stop;
        WriteEnding late;
        WriteEnding cancelled;
        EventLoopChecker loop;
        writeInto(late, process, "c", QDeadlineTimer(30), {});
        writeInto(cancelled, process, "d", QDeadlineTimer::Forever, stop.get_token());
        QTRY_COMPARE(late.value, std::optional(false));
        stop.request_stop();
        QTRY_COMPARE(cancelled.error, std::optional(AioError::Cancelled));
        QCOMPARE(errorOf([&] { process.write("e", stop.get_token()); }).code, AioError::Cancelled);
        QVERIFY(loop.stayedAlive(100));
        process.closeInput();
        ::kill(pid_t(process.pid()), SIGCONT);
        QVERIFY(process.join(30s));
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines[0][0].toByteArray().trimmed(), "200000");
    }

    void programThatDoesNotWantInput()
    {
        AioProcess process(QStringLiteral("sh"), {"-c", "exec <&-; echo closed; exec sleep 1000"});
        QSignalSpy lines(&process, &AioProcess::outputLine);
        process.start();
        QVERIFY(lines.wait(30000));
        QCOMPARE(errorOf([&] { process.write("hello"); }).code, AioError::EndOfStream);
        QCOMPARE(errorOf([&] { process.write("hello"); }).code, AioError::EndOfStream);
        WriteEnding ending;
        writeInto(ending, process, "hello", QDeadlineTimer::Forever, {});
        QCOMPARE(ending.error, std::optional(AioError::EndOfStream));
        QVERIFY(process.isAlive());
    }

    void destroyedProcessCancelsItsWrites()
    {
        auto process = std::make_unique<AioProcess>(QStringLiteral("sleep"), QStringList{"1000"});
        process->start();
        WriteEnding endings[2];
        for (WriteEnding &ending : endings)
            writeInto(ending, *process, QByteArray(200000, 'a'), QDeadlineTimer::Forever, {});
        process.reset();
        for (const WriteEnding &ending : endings)
            QTRY_COMPARE(ending.error, std::optional(AioError::Cancelled));
    }

    void channelsOfTheQProcessAreLeftAlone()
    {
        QTemporaryDir directory;
        AioProcess process(QStringLiteral("tr"), {"a-z", "A-Z"});
        QFile in(directory.filePath("in"));
        QVERIFY(in.open(QIODevice::WriteOnly) && in.write("hello\n") == 6);
        in.close();
        process.qprocess()->setStandardInputFile(in.fileName());
        QSignalSpy lines(&process, &AioProcess::outputLine);    // and yet what is listened to comes here
        process.start();
        QCOMPARE(errorOf([&] { process.write("x"); }).code, AioError::UsageError);
        QVERIFY(process.join(30s));
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines[0][0].toByteArray(), "HELLO");
    }

    void inputOfAFunctionIsAUsageError()
    {
        AioProcess process(QStringLiteral("true"));
        QCOMPARE(errorOf([&] { process.write("x"); }).code, AioError::UsageError);    // not started
    }

    void relativePathStartsInTheWorkingDirectory()
    {
        QTemporaryDir directory;
        QVERIFY(QFile::copy(QStringLiteral("/bin/true"), directory.filePath("program")));
        AioProcess process(QStringLiteral("./program"));
        process.setWorkingDirectory(directory.path());
        process.start();
        QVERIFY(process.join(30s));
        QCOMPARE(process.exitReason(), AioProcess::CleanExit);
    }

    void missingProgramSaysWhy()
    {
        AioProcess process(QStringLiteral("no-such-program-anywhere"));
        QElapsedTimer clock;
        clock.start();
        QCOMPARE(errorOf([&] { AioProcessing::waitBlocking(process.coro_start()); }).code, AioError::NotFound);
        QVERIFY(clock.elapsed() < 1000);
        QByteArrayList lines;
        AioProcessing::waitBlocking(collect(process, lines));
        QVERIFY(lines.isEmpty());
    }
};

AIO_TEST_MAIN(tst_AioProcessProgram)
#include "tst_aioprocess_program.moc"

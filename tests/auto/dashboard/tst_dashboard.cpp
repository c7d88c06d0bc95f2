// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "frameclock.h"
#include "tst_widgets.h"
#include "window.h"
#include "work.h"

#include "eventloopchecker.h"
#include "supervisor.h"
#include "timescale.h"
#include "watchdog.h"

#include <QCryptographicHash>
#include <QApplication>
#include <QImage>
#include <QQuickItem>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

namespace {

const QString Workers = QStringLiteral("workerTable");
const QString Tasks = QStringLiteral("taskTable");
constexpr int Patience = 60'000;      // ms
enum Work { Checksums, Thumbnails, Storm };

QByteArray writeFile(const QString &name, qint64 size)
{
    QFile file(name);
    if (!file.open(QIODevice::WriteOnly))
        qFatal("cannot write %s", qPrintable(name));
    const QByteArray content(size, char('a' + size % 20));
    file.write(content);
    return QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex();
}

// Files that are long enough for somebody to do something meanwhile, and take no room.
void writeSparseFiles(const QTemporaryDir &folder, int count)
{
    for (int i = 0; i < count; ++i) {
        QFile file(folder.filePath(QStringLiteral("sparse%1").arg(i)));
        if (!file.open(QIODevice::WriteOnly) || !file.resize(qint64(8) << 30))
            qFatal("cannot make a sparse file");
    }
}

} // namespace

class TestDashboard : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void showsWhatToDo()
    {
        Window dashboard;
        QVERIFY(dashboard.isOpen());
        QVERIFY(!dashboard.item(QStringLiteral("start"))->isEnabled());       // nothing is chosen
        QVERIFY(dashboard.item(QStringLiteral("status"))->property("text").toString().contains(QStringLiteral("Choose a directory")));
        dashboard.screenshot(QStringLiteral("empty"));
    }

    void checksumsAreThoseOfTheFiles()
    {
        QTemporaryDir folder;
        QMap<QString, int> sums;
        for (int i = 0; i < 60; ++i)
            ++sums[QString::fromLatin1(writeFile(folder.filePath(QString::number(i)), 1000 + 100'000 * i))];
        QFile::remove(folder.filePath(QStringLiteral("0")));
        QVERIFY(QFile::link(QStringLiteral("/nowhere"), folder.filePath(QStringLiteral("dangling"))));      // is left out
        Window dashboard;
        QVERIFY(dashboard.isOpen());
        EventLoopChecker loop;
        dashboard.type(QStringLiteral("path"), folder.path());
        dashboard.click(QStringLiteral("start"));
        QVERIFY(dashboard.job("running").toBool());
        QTRY_VERIFY_WITH_TIMEOUT(!dashboard.job("running").toBool(), Patience);
        QCOMPARE(dashboard.job("status").toString(), QStringLiteral("Done."));
        QTRY_COMPARE(dashboard.job("done").toInt(), 59);
        QCOMPARE(dashboard.job("failed").toInt(), 0);
        QCOMPARE(dashboard.item(QStringLiteral("progress"))->property("value").toDouble(), 1.0);
        QTRY_COMPARE(dashboard.rowCount(Tasks), 59);
        for (int row = 0; row < 59; ++row)
            QTRY_VERIFY(sums.contains(dashboard.cell(Tasks, row, "result").toString()));
        QTRY_VERIFY(dashboard.rowCount(Workers) > 0);
        QTRY_VERIFY(dashboard.item(QStringLiteral("throughput"))->property("peak").toDouble() > 1);
        dashboard.screenshot(QStringLiteral("checksums"));
        QVERIFY(loop.stayedAlive(100));      // pictures are taken in between
    }

    void thumbnailsAreShown()
    {
        QTemporaryDir folder;
        for (int i = 0; i < 12; ++i) {
            QImage image(200 + 10 * i, 150, QImage::Format_RGB32);
            image.fill(QColor::fromHsv(30 * i, 200, 220));
            QVERIFY(image.save(folder.filePath(QStringLiteral("%1.png").arg(i))));
        }
        writeFile(folder.filePath(QStringLiteral("broken.png")), 100);
        writeFile(folder.filePath(QStringLiteral("notes.txt")), 100);
        Window dashboard(folder.path());
        QVERIFY(dashboard.isOpen());
        dashboard.choose(Thumbnails);
        QTest::keyClick(dashboard.window(), Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(dashboard.job("running").toBool());
        QTRY_VERIFY_WITH_TIMEOUT(!dashboard.job("running").toBool(), Patience);
        QTRY_COMPARE(dashboard.job("done").toInt(), 12);
        QTRY_COMPARE(dashboard.job("failed").toInt(), 1);
        QTRY_COMPARE(dashboard.rowCount(Tasks), 13);
        int pictures = 0;
        for (int row = 0; row < 13; ++row) {
            const QString error = dashboard.cell(Tasks, row, "errorText").toString();
            QVERIFY(error.isEmpty() || error.contains(QStringLiteral("broken.png")));
            pictures += dashboard.cell(Tasks, row, "result").toString().startsWith(QStringLiteral("data:image/png"));
        }
        QCOMPARE(pictures, 12);
        const auto shown = [&] {
            int ready = 0;
            for (const QQuickItem *image : dashboard.items(QStringLiteral("thumbnail")))
                ready += image->isVisible() && image->property("paintedWidth").toReal() > 10;
            return ready;
        };
        QTRY_COMPARE(shown(), 12);
        dashboard.screenshot(QStringLiteral("thumbnails"));
    }

    void aWorkerIsKilledByClickAndThePoolRecovers()
    {
        QTemporaryDir folder;
        writeSparseFiles(folder, 6);
        Window dashboard(folder.path());
        QVERIFY(dashboard.isOpen());
        EventLoopChecker loop;
        dashboard.item(QStringLiteral("processes"))->setProperty("value", 2);
        dashboard.click(QStringLiteral("start"));
        const auto busyWorkers = [&] {
            QList<int> pids;
            for (int row = 0; row < dashboard.rowCount(Workers); ++row) {
                if (dashboard.cell(Workers, row, "stateName").toString() == QStringLiteral("Busy"))
                    pids.append(dashboard.cell(Workers, row, "pid").toInt());
            }
            return pids;
        };
        QTRY_COMPARE_WITH_TIMEOUT(busyWorkers().size(), 2, Patience);
        QTRY_COMPARE_WITH_TIMEOUT(dashboard.items(QStringLiteral("kill")).size(), 2, Patience);
        QTRY_VERIFY_WITH_TIMEOUT(dashboard.rowCount(Tasks) == 2 && dashboard.cell(Tasks, 0, "progress").toDouble() > 0, Patience);
        dashboard.screenshot(QStringLiteral("busy"));
        const int victim = dashboard.cell(Workers, 0, "pid").toInt();
        QQuickItem *const button = dashboard.items(QStringLiteral("worker")).value(0);
        QCOMPARE(button->property("pid").toInt(), victim);
        dashboard.click(dashboard.items(QStringLiteral("kill")).value(0));
        QTRY_COMPARE_WITH_TIMEOUT(dashboard.job("failed").toInt(), 1, Patience);
        QTRY_VERIFY_WITH_TIMEOUT(busyWorkers().size() == 2 && !busyWorkers().contains(victim), Patience);
        QTRY_VERIFY(dashboard.cell(Tasks, 0, "errorText").toString().contains(QString::number(victim))
                    || dashboard.cell(Tasks, 1, "errorText").toString().contains(QString::number(victim)));
        QVERIFY(dashboard.job("running").toBool());
        dashboard.screenshot(QStringLiteral("killed"));

        dashboard.click(QStringLiteral("start"));       // which says Cancel now
        QTRY_VERIFY_WITH_TIMEOUT(!dashboard.job("running").toBool(), Patience);
        QCOMPARE(dashboard.job("status").toString(), QStringLiteral("Cancelled."));
        QTRY_COMPARE_WITH_TIMEOUT(busyWorkers().size(), 0, Patience);
        dashboard.screenshot(QStringLiteral("cancelled"));
        QVERIFY(loop.stayedAlive(100));
    }

    void escapeCancels()
    {
        QTemporaryDir folder;
        writeSparseFiles(folder, 2);
        Window dashboard(folder.path());
        QVERIFY(dashboard.isOpen());
        QTest::keyClick(dashboard.window(), Qt::Key_Return);          // in the text field, which has the focus
        QTRY_VERIFY_WITH_TIMEOUT(dashboard.pool()->runningTasks() > 0, Patience);
        QTest::keyClick(dashboard.window(), Qt::Key_Escape);
        QTRY_VERIFY_WITH_TIMEOUT(!dashboard.job("running").toBool(), Patience);
        QCOMPARE(dashboard.job("status").toString(), QStringLiteral("Cancelled."));
        QTRY_COMPARE_WITH_TIMEOUT(dashboard.pool()->runningTasks(), 0, Patience);
    }

    void lightAndDark()
    {
        Window dashboard(QStringLiteral("/tmp"));
        QVERIFY(dashboard.isOpen());
        QVERIFY(dashboard.screenshot(QStringLiteral("light")) > 0.7);
        dashboard.click(QStringLiteral("dark"));
        QVERIFY(dashboard.screenshot(QStringLiteral("dark")) < 0.3);
    }

    void everythingFitsAtEverySize()
    {
        Window dashboard(QStringLiteral("/tmp"));
        QVERIFY(dashboard.isOpen());
        for (const QSize size : {QSize(820, 480), QSize(1600, 1000)}) {
            dashboard.window()->resize(size);
            QTRY_COMPARE(dashboard.window()->size(), size);
            for (const char *name : {"path", "work", "processes", "start", "dark", "progress", "status", "throughput", "workerTable",
                                     "taskTable"}) {
                const QQuickItem *const item = dashboard.item(QString::fromLatin1(name));
                const auto fits = [&] {
                    const QRectF place = item->mapRectToScene(QRectF(0, 0, item->width(), item->height()));
                    return place.width() > 20 && place.height() > 0 && QRectF(QPointF(), QSizeF(size)).contains(place);
                };
                QTRY_VERIFY2(fits(), name);
            }
        }
        dashboard.screenshot(QStringLiteral("large"));
    }

    // What measures the storm would find a fault: a thread that computes, and one that waits for another one.
    void lateFramesAreSeen_data()
    {
        QTest::addColumn<bool>("isWorking");
        QTest::newRow("working") << true;
        QTest::newRow("blocked") << false;
    }
    void lateFramesAreSeen()
    {
        QFETCH(bool, isWorking);
        constexpr int Late = 80;
        Window dashboard;
        QVERIFY(dashboard.isOpen());
        FrameClock frames(dashboard.window());
        QTRY_VERIFY_WITH_TIMEOUT(frames.frames() > 10, Patience);
        const int before = frames.frames();
        if (isWorking)
            FrameClock::workFor(Late);
        else
            QThread::msleep(Late);
        QTRY_VERIFY_WITH_TIMEOUT(frames.frames() > before + 1, Patience);
        const FrameClock::Frame longest = frames.longest();
        QVERIFY2(longest.length >= Late - 1, qPrintable(longest.text()));
    }

    void noFrameIsLateInTheStorm()
    {
        Window dashboard;
        QVERIFY(dashboard.isOpen());
        FrameClock::Frame idle;
        {
            FrameClock frames(dashboard.window());
            QTRY_VERIFY_WITH_TIMEOUT(frames.frames() >= 200, Patience);
            idle = frames.longest();
        }
        dashboard.choose(Storm);
        qInfo("longest frame while nothing happens: %s", qPrintable(idle.text()));
        const double limit = 33 * AioTest::timeScale();
        FrameClock::Frame storm;
        for (int round = 0; round < 3; ++round) {
            FrameClock frames(dashboard.window());
            QTRY_VERIFY_WITH_TIMEOUT(frames.frames() > 0, Patience);
            QElapsedTimer time;
            time.start();
            dashboard.click(QStringLiteral("start"));
            QTRY_VERIFY_WITH_TIMEOUT(!dashboard.job("running").toBool(), 4 * Patience);
            storm = frames.longest();
            qInfo("longest frame while 100 000 tasks ran (%.1f s, %d frames): %s", double(time.elapsed()) / 1e3, frames.frames(),
                  qPrintable(storm.text()));
            // whom others have put off the processor computes slower afterwards, too: only such a round does not count
            if (storm.length <= limit || storm.deprived() < 5)
                break;
        }
        QVERIFY(storm.length <= limit);
        QTRY_COMPARE(dashboard.job("done").toInt(), 100'000);
        QTRY_COMPARE(dashboard.rowCount(Tasks), 10'000);
        dashboard.screenshot(QStringLiteral("storm"));
    }
};

int main(int argc, char **argv)
{
    using namespace std::chrono_literals;
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_QUICK_BACKEND", "software");
    return AioTest::supervise([&] {
        const Watchdog watchdog("the suite", 6min);
        QApplication app(argc, argv);
        QQuickStyle::setStyle(QStringLiteral("Fusion"));
        const QStringList arguments = app.arguments();
        TestDashboard dashboard;
        TestWidgets widgets;
        if (arguments.size() > 1)       // some functions of the dashboard
            return QTest::qExec(&dashboard, arguments);
        return QTest::qExec(&dashboard, arguments) + QTest::qExec(&widgets, arguments);
    });
}

#include "tst_dashboard.moc"

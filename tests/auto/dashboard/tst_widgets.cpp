// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "tst_widgets.h"

#include "mainwindow.h"

#include "eventloopchecker.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>

namespace {

constexpr int Patience = 60'000;      // ms

struct Desk
{
    explicit Desk(const QString &folder) : window(folder)
    {
        window.show();
        isOpen = QTest::qWaitForWindowExposed(&window);
    }
    template<class T>
    T *find(const char *name) const { return window.findChild<T *>(QString::fromLatin1(name)); }
    void click(const char *name) const { QTest::mouseClick(find<QPushButton>(name), Qt::LeftButton); }
    QString status() const { return find<QLabel>("status")->text(); }
    QString cell(const char *table, int row, int column) const
    {
        const QTableWidgetItem *const item = find<QTableWidget>(table)->item(row, column);
        return item ? item->text() : QString();
    }
    int rows(const char *table) const { return find<QTableWidget>(table)->rowCount(); }

    MainWindow window;
    bool isOpen = false;
};

} // namespace

void TestWidgets::checksumsAreThoseOfTheFiles()
{
    QTemporaryDir folder;
    QMap<QString, QString> sums;
    for (int i = 0; i < 200; ++i) {
        QFile file(folder.filePath(QString::number(i)));
        QVERIFY(file.open(QIODevice::WriteOnly));
        const QByteArray content(1000 * i, 'x');
        file.write(content);
        sums.insert(file.fileName(), QString::fromLatin1(QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex()));
    }
    Desk desk(folder.path());
    QVERIFY(desk.isOpen);
    EventLoopChecker loop;
    for (int round = 0; round < 2; ++round) {         // and once more
        desk.click("start");
        QTRY_COMPARE_WITH_TIMEOUT(desk.status(), QStringLiteral("Done."), Patience);
        QCOMPARE(desk.rows("tasks"), 200);
        for (int row = 0; row < 200; ++row)
            QCOMPARE(desk.cell("tasks", row, 2), sums.value(desk.cell("tasks", row, 0)));
    }
    QTRY_VERIFY(desk.rows("workers") > 0);
    QDir().mkpath(QStringLiteral(SCREENSHOTS));
    desk.window.grab().save(QStringLiteral(SCREENSHOTS "/widgets.png"));
    QVERIFY(loop.stayedAlive(100));
}

void TestWidgets::aWorkerIsKilledAndTheRestCancelled()
{
    QTemporaryDir folder;
    for (int i = 0; i < 4; ++i) {
        QFile file(folder.filePath(QString::number(i)));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.resize(qint64(8) << 30));       // sparse
    }
    Desk desk(folder.path());
    QVERIFY(desk.isOpen);
    EventLoopChecker loop;
    QTest::keyClick(desk.find<QLineEdit>("folder"), Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(desk.cell("workers", 0, 1).startsWith(QStringLiteral("checksum")), Patience);
    const QString victim = desk.cell("workers", 0, 0);
    desk.find<QTableWidget>("workers")->setCurrentCell(0, 0);
    desk.click("kill");
    const auto states = [&] {
        QStringList all;
        for (int row = 0; row < desk.rows("tasks"); ++row)
            all.append(desk.cell("tasks", row, 1));
        return all;
    };
    QTRY_COMPARE_WITH_TIMEOUT(states().count(QStringLiteral("Failed")), 1, Patience);
    QVERIFY(desk.cell("tasks", int(states().indexOf(QStringLiteral("Failed"))), 2).contains(victim));
    desk.click("start");      // which says Cancel
    QCOMPARE(desk.status(), QStringLiteral("Cancelled."));
    QTRY_COMPARE_WITH_TIMEOUT(states().count(QStringLiteral("Cancelled")), 3, Patience);
    QTRY_VERIFY_WITH_TIMEOUT(!desk.cell("workers", 0, 1).startsWith(QStringLiteral("checksum")), Patience);
    QVERIFY(loop.stayedAlive(100));
}

void TestWidgets::missingDirectory()
{
    Desk desk(QStringLiteral("/no/such/directory"));
    QVERIFY(desk.isOpen);
    desk.click("start");
    QTRY_COMPARE_WITH_TIMEOUT(desk.status(), QStringLiteral("Done."), Patience);        // as one that is empty
    QCOMPARE(desk.rows("tasks"), 0);
}

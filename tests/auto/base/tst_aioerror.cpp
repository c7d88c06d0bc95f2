// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioerror.h>

#include <QDataStream>
#include <QIODevice>
#include <QMetaProperty>
#include <QTest>

static_assert(!std::is_aggregate_v<AioError>, "g++ 12 destroys aggregates in co_await expressions twice");
static_assert(std::is_convertible_v<AioError::Code, AioError>);
static_assert(!std::is_convertible_v<AioError, bool> && std::is_constructible_v<bool, AioError>);
static_assert(std::is_base_of_v<QException, AioException>);

class tst_AioError : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void defaultIsNoError()
    {
        const AioError error;
        QVERIFY(!error);
        QCOMPARE(error.code, AioError::NoError);
        QVERIFY(AioError(AioError::Closed));
    }

    void everyFieldIsAProperty()
    {
        AioError error(AioError::TimedOut, QStringLiteral("late"));
        error.operation = QStringLiteral("AioQueue::get");
        error.key = QStringLiteral("Queue:1");
        error.nativeError = 7;
        error.remoteType = QStringLiteral("T");
        error.remoteTraceback = QStringLiteral("somewhere");
        const QMetaObject &type = AioError::staticMetaObject;
        const auto read = [&](const char *name) {
            return type.property(type.indexOfProperty(name)).readOnGadget(&error);
        };
        QCOMPARE(read("code").toInt(), int(AioError::TimedOut));
        QCOMPARE(read("message").toString(), error.message);
        QCOMPARE(read("operation").toString(), error.operation);
        QCOMPARE(read("key").toString(), error.key);
        QCOMPARE(read("nativeError").toInt(), 7);
        QCOMPARE(read("remoteType").toString(), error.remoteType);
        QCOMPARE(read("remoteTraceback").toString(), error.remoteTraceback);
    }

    void streamKeepsEverything()
    {
        AioError error(AioError::RemoteError, QStringLiteral("boom"));
        error.operation = QStringLiteral("op");
        error.key = QStringLiteral("key");
        error.nativeError = -3;
        error.remoteType = QStringLiteral("std::logic_error");
        error.remoteTraceback = QStringLiteral("trace");
        QByteArray bytes;
        QDataStream out(&bytes, QIODevice::WriteOnly);
        out << error;
        AioError read;
        QDataStream in(bytes);
        in >> read;
        QCOMPARE(read, error);
        QVERIFY(read.key == error.key && read.nativeError == -3 && read.remoteTraceback == error.remoteTraceback);
    }

    void unknownCodeFromTheFutureIsUnknownError()
    {
        QByteArray bytes;
        QDataStream out(&bytes, QIODevice::WriteOnly);
        out << qint32(4711) << QStringLiteral("text") << QString() << QString() << qint32(0) << QString() << QString();
        AioError read;
        QDataStream in(bytes);
        in >> read;
        QCOMPARE(read.code, AioError::UnknownError);
        QCOMPARE(read.message, QStringLiteral("text"));
    }

    void exceptionKeepsTypeThroughRaiseAndClone()
    {
        const AioException original(AioError(AioError::TooLarge, QStringLiteral("zu groß")));
        QCOMPARE(original.what(), "zu groß");
        const std::unique_ptr<AioException> copy(original.clone());
        try {
            copy->raise();
            QFAIL("raise() did not throw");
        } catch (const AioException &e) {
            QCOMPARE(e.error(), original.error());
            QCOMPARE(e.what(), "zu groß");
        }
    }

    void errorsAreLoggedInTheCategoryOfTheirOperation_data()
    {
        QTest::addColumn<QString>("operation");
        QTest::addColumn<QString>("category");
        QTest::newRow("lock") << "AioLock::acquire" << "aio.sync";
        QTest::newRow("queue") << "AioQueue::put" << "aio.queue";
        QTest::newRow("process") << "AioProcess::start" << "aio.process";
        QTest::newRow("call") << "AioCall::run" << "aio.process";
        QTest::newRow("context") << "AioContext::open" << "aio.context";
    }
    void errorsAreLoggedInTheCategoryOfTheirOperation()
    {
        QFETCH(QString, operation);
        QFETCH(QString, category);
        static QString seen;
        seen.clear();
        const auto previous = qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &context, const QString &) {
            seen = QString::fromLatin1(context.category) + (type == QtWarningMsg ? "" : " at another level");
        });
        const AioError error = aio_detail::makeError(AioError::Corrupted, QStringLiteral("text"), operation);
        qInstallMessageHandler(previous);
        QCOMPARE(seen, category);
        QCOMPARE(error.operation, operation);
    }

    void endOfWaitingIsNoWarning()
    {
        static int messages;
        messages = 0;
        const auto previous = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &) { ++messages; });
        for (const auto code : {AioError::Cancelled, AioError::Closed, AioError::ShutDown, AioError::EndOfStream})
            Q_UNUSED(aio_detail::makeError(code, QStringLiteral("text")));
        qInstallMessageHandler(previous);
        QCOMPARE(messages, 0);
    }
};

QTEST_APPLESS_MAIN(tst_AioError)
#include "tst_aioerror.moc"

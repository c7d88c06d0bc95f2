// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// 06-python-worker [--python PYTHON] TEXT...    has a Python script tell the Unicode names of the characters in each text
// 06-python-worker --serve SOCKET               is itself the worker of a Python program (dates.py): it writes dates in any language
//
// The Python sides are stock multiprocessing.connection.

#include <AioProcessing/AioProcessing>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDate>
#include <QLocale>
#include <QRandomGenerator>

#include <cstdio>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

// Python before 3.12 knows no other digest. On a local socket of this user's, that does no harm.
constexpr auto weakest = AioConnection::Md5;

QByteArray newKey()
{
    quint32 words[8];
    QRandomGenerator::system()->fillRange(words);
    return QByteArray(reinterpret_cast<const char *>(words), sizeof words).toHex();
}

void say(const QString &line)
{
    std::printf("%s\n", line.toUtf8().constData());
    std::fflush(stdout);
}

// This program is in charge.
QCoro::Task<int> nameCharacters(QString python, QStringList texts)
{
    const QByteArray key = newKey();
    const AioListenerOptions options = AioListenerOptions(key).withHandshake(AioConnection::Python, weakest);
    AioListener listener(AioAddress(), options);
    AioProcess worker(python, {QStringLiteral(SCRIPT), listener.address().localPath()});
    co_await worker.coro_start();
    co_await worker.coro_write(key + '\n');

    // whatever comes first: the worker may end without ever connecting
    const QList<QObject *> ready = co_await AioProcessing::coro_waitAny(listener, worker);
    if (!ready.contains(&listener)) {
        std::fprintf(stderr, "06-python-worker: %s has ended with %d\n", qUtf8Printable(python), worker.exitCode().value_or(-1));
        co_return 1;
    }
    const std::unique_ptr<AioConnection> connection = co_await listener.coro_accept();
    for (const QString &text : texts) {
        co_await connection->coro_send(text);
        const QVariant names = co_await connection->coro_recv();
        for (const QVariant &entry : names.toList()) {
            const QVariantList pair = entry.toList();       // a tuple, over there
            say(QStringLiteral("%1 %2").arg(pair.value(0).toString(), pair.value(1).toString()));
        }
    }
    co_await connection->coro_send(QVariant());             // None: that is all
    co_await worker.coro_join();
    co_return 0;
}

// Python is in charge.
QCoro::Task<int> writeDates(QString socket)
{
    std::string key;
    std::getline(std::cin, key);
    AioClient client(AioAddress::local(socket), QByteArray::fromStdString(key));
    client.setHandshake(AioConnection::Python, weakest);
    co_await client.coro_connectToPeer();
    for (;;) {
        const QVariant request = co_await client.coro_recv();
        if (request.isNull())
            co_return 0;
        const QVariantMap fields = request.toMap();
        const QLocale locale(fields.value(QStringLiteral("locale")).toString());
        co_await client.coro_send(locale.toString(fields.value(QStringLiteral("date")).toDate()));
    }
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    const QCommandLineOption python(QStringLiteral("python"), QStringLiteral("The interpreter."), QStringLiteral("PYTHON"),
                                    QStringLiteral("python3"));
    const QCommandLineOption serve(QStringLiteral("serve"), QStringLiteral("Be the worker of who listens at SOCKET."),
                                   QStringLiteral("SOCKET"));
    parser.addOptions({python, serve});
    parser.addPositionalArgument(QStringLiteral("TEXT"), QStringLiteral("What to name the characters of."), QStringLiteral("TEXT..."));
    parser.process(app);
    try {
        if (parser.isSet(serve))
            return AioProcessing::waitBlocking(writeDates(parser.value(serve)));
        if (parser.positionalArguments().isEmpty())
            parser.showHelp(2);
        return AioProcessing::waitBlocking(nameCharacters(parser.value(python), parser.positionalArguments()));
    } catch (const AioException &e) {
        std::fprintf(stderr, "06-python-worker: %s\n", e.what());
        return 1;
    }
}

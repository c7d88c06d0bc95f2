// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How many bytes come from another process in messages of one size: over a connection, a plain local socket, QLocalSocket, and in Python.
#include "benchmark.h"

#include <AioProcessing/AioClient>
#include <AioProcessing/AioListener>
#include <AioProcessing/AioProcess>
#include <AioProcessing/AioTask>
#include <AioProcessing/AioWorker>

#include <QCoreApplication>
#include <QEventLoop>
#include <QLocalServer>
#include <QLocalSocket>

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace Benchmark;

namespace {

Sample result(qint64 bytes, qint64 expected, qint64 since, AioProcess &sender)
{
    const double seconds = double(now() - since) / 1e9;
    const bool hasEnded = sender.join() && sender.exitReason() == AioProcess::CleanExit;
    return {{{"mib_per_s", double(bytes) / (1 << 20) / seconds}}, bytes == expected && hasEnded};
}

void sendOverConnection(const QString &address, int size, int count)
{
    AioClient client{AioAddress(address)};
    client.connectToPeer();
    const QByteArray message(size, 'x');
    for (int i = 0; i < count; ++i)
        client.sendBytes(message);
}

QCoro::Task<qint64> receiveAll(AioConnection &connection, int count)
{
    qint64 bytes = 0;
    for (int i = 0; i < count; ++i) {
        const QByteArray message = co_await connection.coro_recvBytes();
        bytes += message.size();
    }
    co_return bytes;
}

Sample overConnection(bool isTcp, bool isBlocking, int size, int count)
{
    AioListener listener(isTcp ? AioAddress::tcp(QStringLiteral("127.0.0.1"), 0) : AioAddress());
    AioProcess sender(AioCall::to<&sendOverConnection>(listener.address().toString(), size, count));
    sender.start();
    const std::unique_ptr<AioConnection> connection = listener.accept();
    const qint64 begin = now();
    qint64 bytes = 0;
    if (isBlocking) {
        for (int i = 0; i < count; ++i)
            bytes += connection->recvBytes().size();
    } else {
        bytes = AioProcessing::waitBlocking(receiveAll(*connection, count));
    }
    return result(bytes, qint64(size) * count, begin, sender);
}

// -- a plain socket: write() and read() of whole messages without headers

sockaddr_un nameOf(const QString &path)
{
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const QByteArray bytes = path.toLocal8Bit();
    std::memcpy(name.sun_path, bytes.constData(), std::size_t(qMin(bytes.size(), qsizetype(sizeof name.sun_path - 1))));
    return name;
}

void sendOverSocket(const QString &path, int size, int count)
{
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un name = nameOf(path);
    if (::connect(socket, reinterpret_cast<const sockaddr *>(&name), sizeof name) != 0)
        throw std::runtime_error("connect");
    const QByteArray message(size, 'x');
    for (int i = 0; i < count; ++i) {
        for (qsizetype sent = 0; sent < message.size();)
            sent += ::write(socket, message.constData() + sent, std::size_t(message.size() - sent));
    }
    ::close(socket);
}

Sample overSocket(int size, int count)
{
    const QString path = QStringLiteral("/tmp/aio_benchmark_%1").arg(QCoreApplication::applicationPid());
    const sockaddr_un name = nameOf(path);
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::unlink(name.sun_path);
    if (::bind(listening, reinterpret_cast<const sockaddr *>(&name), sizeof name) != 0 || ::listen(listening, 1) != 0)
        throw std::runtime_error("bind");
    AioProcess sender(AioCall::to<&sendOverSocket>(path, size, count));
    sender.start();
    const int socket = ::accept(listening, nullptr, nullptr);
    const qint64 begin = now();
    qint64 bytes = 0;
    for (int i = 0; i < count; ++i) {
        QByteArray message(size, Qt::Uninitialized);
        qsizetype got = 0;
        while (got < size) {
            const ssize_t part = ::read(socket, message.data() + got, std::size_t(size - got));
            if (part <= 0)
                throw std::runtime_error("read");
            got += part;
        }
        bytes += message.size();
    }
    ::close(socket);
    ::close(listening);
    ::unlink(name.sun_path);
    return result(bytes, qint64(size) * count, begin, sender);
}

// -- QLocalSocket

void sendOverLocalSocket(const QString &name, int size, int count)
{
    QLocalSocket socket;
    socket.connectToServer(name);
    const QByteArray message(size, 'x');
    for (int i = 0; i < count; ++i) {
        socket.write(message);
        while (socket.bytesToWrite() > (1 << 20))
            socket.waitForBytesWritten(-1);
    }
    while (socket.bytesToWrite() > 0)
        socket.waitForBytesWritten(-1);
}

Sample overLocalSocket(int size, int count)
{
    const QString name = QStringLiteral("aio_benchmark_%1").arg(QCoreApplication::applicationPid());
    QLocalServer server;
    if (!server.listen(name))
        throw std::runtime_error(server.errorString().toStdString());
    AioProcess sender(AioCall::to<&sendOverLocalSocket>(name, size, count));
    sender.start();
    if (!server.waitForNewConnection(-1))
        throw std::runtime_error(server.errorString().toStdString());
    QLocalSocket &socket = *server.nextPendingConnection();
    const qint64 begin = now();
    const qint64 expected = qint64(size) * count;
    qint64 bytes = 0;
    QEventLoop loop;
    const auto read = [&] {
        while (socket.bytesAvailable() >= size || (bytes + socket.bytesAvailable() == expected && socket.bytesAvailable() > 0))
            bytes += socket.read(size).size();
        if (bytes == expected)
            loop.quit();
    };
    QObject::connect(&socket, &QIODevice::readyRead, &loop, read);
    QMetaObject::invokeMethod(&loop, read, Qt::QueuedConnection);
    loop.exec();
    return result(bytes, expected, begin, sender);
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    Suite suite("connection_throughput", app.arguments());
    const int total = suite.isQuick() ? 64 << 20 : 512 << 20;
    for (const int size : {1 << 10, 1 << 16, 1 << 20}) {
        const int count = qMin(total / size, suite.isQuick() ? 20000 : 100000);
        for (const bool isTcp : {false, true}) {
            const QByteArray transport = isTcp ? "tcp" : "local";
            for (const bool isBlocking : {true, false}) {
                suite.add("aio", {{"transport", transport}, {"form", QByteArray(isBlocking ? "blocking" : "coro")}, {"size", size}},
                          [=] { return overConnection(isTcp, isBlocking, size, count); });
            }
        }
        const Parameters local = {{"transport", QByteArray("local")}, {"size", size}};
        suite.add("floor_unix", local, [=] { return overSocket(size, count); });
        suite.add("qlocalsocket", local, [=] { return overLocalSocket(size, count); });
        suite.add("python_connection", local, [=] {
            return runPython(QStringLiteral("python_connection.py"),
                             {QStringLiteral("throughput"), QStringLiteral("local"), QString::number(count), QString::number(size)});
        });
    }
    return suite.run();
}

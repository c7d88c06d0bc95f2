// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How long a number takes to another process and back, over a connection, over the sockets of Qt, and in Python.
#include "roundtrip.h"

#include <AioProcessing/AioClient>
#include <AioProcessing/AioListener>
#include <AioProcessing/AioTask>
#include <AioProcessing/AioWorker>

#include <QCoreApplication>
#include <QEventLoop>
#include <QLocalServer>
#include <QLocalSocket>
#include <QTcpServer>
#include <QTcpSocket>

#include <functional>

using namespace Benchmark;

namespace {

// -- connections

int echoBlocking(const QString &address, int rounds, int cpu)
{
    pinTo(cpu);
    AioClient client{AioAddress(address)};
    client.connectToPeer();
    client.setCodec(AioConnection::Cbor);
    int answered = 0;
    for (int round = 0; round < rounds; ++round) {
        const QVariant number = client.recv();
        answered += number.toInt() == round && client.send(number);
    }
    return answered;
}

QCoro::Task<int> echoCoro(const QString &address, int rounds, int cpu)
{
    pinTo(cpu);
    AioClient client{AioAddress(address)};
    co_await client.coro_connectToPeer();
    client.setCodec(AioConnection::Cbor);
    int answered = 0;
    for (int round = 0; round < rounds; ++round) {
        const QVariant number = co_await client.coro_recv();
        const bool isSent = co_await client.coro_send(number);
        answered += number.toInt() == round && isSent;
    }
    co_return answered;
}

QCoro::Task<> pingCoro(AioConnection &connection, RoundTrips &trips)
{
    while (!trips.isDone()) {
        co_await connection.coro_send(trips.number());
        const QVariant number = co_await connection.coro_recv();
        trips.lap(number.toInt() == trips.number());
    }
}

AioAddress anyAddress(bool isTcp)
{
    return isTcp ? AioAddress::tcp(QStringLiteral("127.0.0.1"), 0) : AioAddress();
}

Sample overConnection(bool isTcp, bool isBlocking, const Course &course)
{
    const Pinned pinned(course.cpu);
    AioListener listener(anyAddress(isTcp));
    const QString address = listener.address().toString();
    Echo echo(isBlocking ? AioCall(AioCall::to<&echoBlocking>(address, course.rounds, course.cpu))
                         : AioCall(AioCall::to<&echoCoro>(address, course.rounds, course.cpu)));
    const std::unique_ptr<AioConnection> connection = listener.accept();
    connection->setCodec(AioConnection::Cbor);
    RoundTrips trips(course);
    if (!isBlocking)
        AioProcessing::waitBlocking(pingCoro(*connection, trips));
    while (!trips.isDone()) {
        connection->send(trips.number());
        trips.lap(connection->recv().toInt() == trips.number());
    }
    return trips.sample(echo.answered(course.rounds));
}

// -- Qt's sockets

bool send(QIODevice &socket, qint64 number)
{
    return socket.write(reinterpret_cast<const char *>(&number), sizeof number) == sizeof number;
}

// Calls onNumber(number) from the event loop, until that returns false.
void receive(QIODevice &socket, const std::function<bool(qint64)> &onNumber)
{
    QEventLoop loop;
    QObject::connect(&socket, &QIODevice::readChannelFinished, &loop, &QEventLoop::quit);
    QObject::connect(&socket, &QIODevice::readyRead, &loop, [&] {
        qint64 number = 0;
        while (socket.bytesAvailable() >= qint64(sizeof number)) {
            socket.read(reinterpret_cast<char *>(&number), sizeof number);
            if (!onNumber(number))
                loop.quit();
        }
    });
    loop.exec();
}

int echoOver(QIODevice &socket, int rounds)
{
    int answered = 0;
    int round = 0;
    receive(socket, [&](qint64 number) {
        answered += number == round && send(socket, number);
        return ++round < rounds;
    });
    return answered;
}

int echoLocalSocket(const QString &name, int rounds, int cpu)
{
    pinTo(cpu);
    QLocalSocket socket;
    socket.connectToServer(name);
    if (!socket.waitForConnected())
        return -1;
    const int answered = echoOver(socket, rounds);
    socket.disconnectFromServer();
    if (socket.state() != QLocalSocket::UnconnectedState)
        socket.waitForDisconnected();
    return answered;
}

int echoTcpSocket(int port, int rounds, int cpu)
{
    pinTo(cpu);
    QTcpSocket socket;
    socket.connectToHost(QHostAddress(QHostAddress::LocalHost), quint16(port));
    if (!socket.waitForConnected())
        return -1;
    socket.setSocketOption(QAbstractSocket::LowDelayOption, 1);
    const int answered = echoOver(socket, rounds);
    socket.disconnectFromHost();
    if (socket.state() != QAbstractSocket::UnconnectedState)
        socket.waitForDisconnected();
    return answered;
}

Sample ping(QIODevice &socket, Echo &echo, const Course &course)
{
    RoundTrips trips(course);
    send(socket, 0);
    receive(socket, [&](qint64 number) {
        trips.lap(number == trips.number());
        return !trips.isDone() && send(socket, trips.number());
    });
    return trips.sample(echo.answered(course.rounds));
}

Sample overLocalSocket(const Course &course)
{
    const Pinned pinned(course.cpu);
    const QString name = QStringLiteral("aio_benchmark_%1").arg(QCoreApplication::applicationPid());
    QLocalServer server;
    if (!server.listen(name))
        throw std::runtime_error(server.errorString().toStdString());
    Echo echo(AioCall::to<&echoLocalSocket>(name, course.rounds, course.cpu));
    if (!server.waitForNewConnection(-1))
        throw std::runtime_error(server.errorString().toStdString());
    return ping(*server.nextPendingConnection(), echo, course);
}

Sample overTcpSocket(const Course &course)
{
    const Pinned pinned(course.cpu);
    QTcpServer server;
    if (!server.listen(QHostAddress::LocalHost))
        throw std::runtime_error(server.errorString().toStdString());
    Echo echo(AioCall::to<&echoTcpSocket>(int(server.serverPort()), course.rounds, course.cpu));
    if (!server.waitForNewConnection(-1))
        throw std::runtime_error(server.errorString().toStdString());
    QTcpSocket &socket = *server.nextPendingConnection();
    socket.setSocketOption(QAbstractSocket::LowDelayOption, 1);
    return ping(socket, echo, course);
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    Suite suite("connection_roundtrip", app.arguments());
    const Course course{suite.isQuick() ? 3000 : 10000, firstCpu()};
    for (const bool isTcp : {false, true}) {
        const QByteArray transport = isTcp ? "tcp" : "local";
        for (const bool isBlocking : {true, false}) {
            suite.add("aio", {{"transport", transport}, {"form", QByteArray(isBlocking ? "blocking" : "coro")}},
                      [=] { return overConnection(isTcp, isBlocking, course); });
        }
        suite.add("python_connection", {{"transport", transport}, {"form", QByteArray("blocking")}}, [=] {
            return runPython(QStringLiteral("python_connection.py"), {QStringLiteral("roundtrip"), QString::fromLatin1(transport),
                                                                      QString::number(course.rounds), QString::number(course.cpu)});
        });
    }
    suite.add("qlocalsocket", {{"transport", QByteArray("local")}}, [=] { return overLocalSocket(course); });
    suite.add("qtcpsocket", {{"transport", QByteArray("tcp")}}, [=] { return overTcpSocket(course); });
    return suite.run();
}

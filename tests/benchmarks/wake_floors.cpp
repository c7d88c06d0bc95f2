// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "wake_floors.h"

#include "sharedmemory.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QLocalServer>
#include <QLocalSocket>
#include <QSocketNotifier>

#include <functional>
#include <sys/eventfd.h>
#include <unistd.h>

namespace Benchmark {
namespace {

// -- futex

struct Words
{
    alignas(64) std::atomic<std::uint32_t> ping = 0;
    alignas(64) std::atomic<std::uint32_t> pong = 0;
};

void post(std::atomic<std::uint32_t> &word)
{
    word.fetch_add(1, std::memory_order_release);
    futexWakeOne(word);
}

// Waits until the word is no longer \a seen, and returns what it is then.
std::uint32_t waitFor(std::atomic<std::uint32_t> &word, std::uint32_t seen)
{
    std::uint32_t value = word.load(std::memory_order_acquire);
    while (value == seen) {
        futexWait(word, seen);
        value = word.load(std::memory_order_acquire);
    }
    return value;
}

int echoFutex(int descriptor, int rounds, int cpu)
{
    pinTo(cpu);
    const Shared<Words> words(descriptor);
    int answered = 0;
    for (std::uint32_t round = 0; round < std::uint32_t(rounds); ++round) {
        answered += waitFor(words->ping, round) == round + 1;
        post(words->pong);
    }
    return answered;
}

// -- eventfd and QSocketNotifier

constexpr std::uint64_t One = 1;

bool ring(int descriptor)
{
    return ::write(descriptor, &One, sizeof One) == sizeof One;
}

// Calls onRing(whether there was one ring) from the event loop, until that returns false.
void listen(int descriptor, const std::function<bool(bool)> &onRing)
{
    QEventLoop loop;
    QSocketNotifier notifier(descriptor, QSocketNotifier::Read);
    QObject::connect(&notifier, &QSocketNotifier::activated, &loop, [&] {
        std::uint64_t rings = 0;
        const bool one = ::read(descriptor, &rings, sizeof rings) == sizeof rings && rings == One;
        if (!onRing(one))
            loop.quit();
    });
    loop.exec();
}

int echoRings(int pingDescriptor, int pongDescriptor, int rounds, int cpu)
{
    pinTo(cpu);
    int answered = 0;
    int round = 0;
    listen(pingDescriptor, [&](bool one) {
        answered += one && ring(pongDescriptor);
        return ++round < rounds;
    });
    return answered;
}

// An eventfd that processes inherit which are started.
class EventFd
{
public:
    EventFd() : m_descriptor(::eventfd(0, EFD_NONBLOCK)) {}
    ~EventFd() { ::close(m_descriptor); }
    Q_DISABLE_COPY_MOVE(EventFd)
    operator int() const { return m_descriptor; }

private:
    const int m_descriptor;
};

// -- QLocalSocket: numbers go to and fro

bool send(QLocalSocket &socket, qint64 number)
{
    return socket.write(reinterpret_cast<const char *>(&number), sizeof number) == sizeof number;
}

// Calls onNumber(number) from the event loop, until that returns false.
void receive(QLocalSocket &socket, const std::function<bool(qint64)> &onNumber)
{
    QEventLoop loop;
    QObject::connect(&socket, &QLocalSocket::disconnected, &loop, &QEventLoop::quit);
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

int echoSocket(const QString &name, int rounds, int cpu)
{
    pinTo(cpu);
    QLocalSocket socket;
    socket.connectToServer(name);
    if (!socket.waitForConnected())
        return -1;
    int answered = 0;
    int round = 0;
    receive(socket, [&](qint64 number) {
        answered += number == round && send(socket, number);
        return ++round < rounds;
    });
    socket.disconnectFromServer();
    if (socket.state() != QLocalSocket::UnconnectedState)
        socket.waitForDisconnected();
    return answered;
}

} // namespace

Sample wakeFutex(const Course &course)
{
    const Pinned pinned(course.cpu);
    const Shared<Words> words;
    Echo echo(AioCall::to<&echoFutex>(words.descriptor(), course.rounds, course.cpu));
    RoundTrips trips(course);
    while (!trips.isDone()) {
        const auto number = std::uint32_t(trips.number());
        post(words->ping);
        const std::uint32_t answer = waitFor(words->pong, number);
        trips.lap(answer == number + 1);
    }
    return trips.sample(echo.answered(course.rounds));
}

Sample wakeEventFdNotifier(const Course &course)
{
    const Pinned pinned(course.cpu);
    const EventFd ping;
    const EventFd pong;
    Echo echo(AioCall::to<&echoRings>(int(ping), int(pong), course.rounds, course.cpu));
    RoundTrips trips(course);
    ring(ping);
    listen(pong, [&](bool one) {
        trips.lap(one);
        return !trips.isDone() && ring(ping);
    });
    return trips.sample(echo.answered(course.rounds));
}

Sample wakeLocalSocket(const Course &course)
{
    const Pinned pinned(course.cpu);
    const QString name = QStringLiteral("aio_benchmark_%1").arg(QCoreApplication::applicationPid());
    QLocalServer server;
    if (!server.listen(name))
        throw std::runtime_error(server.errorString().toStdString());
    Echo echo(AioCall::to<&echoSocket>(name, course.rounds, course.cpu));
    if (!server.waitForNewConnection(-1))
        throw std::runtime_error(server.errorString().toStdString());
    QLocalSocket &socket = *server.nextPendingConnection();
    RoundTrips trips(course);
    send(socket, 0);
    receive(socket, [&](qint64 number) {
        trips.lap(number == trips.number());
        return !trips.isDone() && send(socket, trips.number());
    });
    return trips.sample(echo.answered(course.rounds));
}

} // namespace Benchmark

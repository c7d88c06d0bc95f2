// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How long a call of a manager in another process takes, how many there are in a second one after the other and a hundred at once, beside
// Python's manager and a bare socket.
#include "roundtrip.h"

#include <AioProcessing/AioDict>
#include <AioProcessing/AioLock>
#include <AioProcessing/AioManager>
#include <AioProcessing/AioQueue>
#include <AioProcessing/AioTask>
#include <AioProcessing/AioWorker>

#include <QCoreApplication>

#include <functional>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Benchmark;

namespace {

constexpr int depths = 100;

// -- operations: the even calls give a number, and the odd ones take it back

struct QueueCalls
{
    explicit QueueCalls(AioManager &manager) : queue(manager.createQueue()) {}
    bool call(int number) { return number % 2 ? queue->get().toInt() == number - 1 : queue->put(number); }
    QCoro::Task<bool> coro_call(int number)
    {
        if (number % 2 == 0) {
            const bool isPut = co_await queue->coro_put(number);
            co_return isPut;
        }
        const QVariant item = co_await queue->coro_get();
        co_return item.toInt() == number - 1;
    }
    const std::unique_ptr<AioQueue> queue;
};

struct DictCalls
{
    explicit DictCalls(AioManager &manager) : dict(manager.createDict()) {}
    bool call(int number)
    {
        if (number % 2)
            return dict->value(1).toInt() == number - 1;
        dict->insert(1, number);
        return true;
    }
    QCoro::Task<bool> coro_call(int number)
    {
        if (number % 2 == 0) {
            co_await dict->coro_insert(1, number);
            co_return true;
        }
        const QVariant value = co_await dict->coro_value(1);
        co_return value.toInt() == number - 1;
    }
    const std::unique_ptr<AioDict> dict;
};

struct LockCalls
{
    explicit LockCalls(AioManager &manager) : lock(manager.createLock()) {}
    bool call(int number)
    {
        if (number % 2 == 0)
            return lock->acquire();
        lock->release();
        return true;
    }
    QCoro::Task<bool> coro_call(int number)
    {
        if (number % 2 == 0) {
            const bool isAcquired = co_await lock->coro_acquire();
            co_return isAcquired;
        }
        co_await lock->coro_release();
        co_return true;
    }
    const std::unique_ptr<AioLock> lock;
};

template<class Calls> QCoro::Task<> callOften(Calls &calls, RoundTrips &trips)
{
    while (!trips.isDone()) {
        const bool isRight = co_await calls.coro_call(trips.number());
        trips.lap(isRight);
    }
}

template<class Calls> QCoro::Task<bool> callOften(Calls &calls, int count)
{
    bool areRight = true;
    for (int number = 0; number < count; ++number) {
        const bool isRight = co_await calls.coro_call(number);
        areRight = areRight && isRight;
    }
    co_return areRight;
}

double perSecond(int calls, qint64 nanoseconds)
{
    return double(calls) * 1e9 / double(nanoseconds);
}

void startServer(AioManager &manager)
{
    if (!manager.start(std::chrono::seconds(30)))
        throw std::runtime_error("the manager does not start");
}

AioAddress anyAddress(bool isTcp)
{
    return isTcp ? AioAddress::tcp(QStringLiteral("127.0.0.1"), 0) : AioAddress();
}

template<class Calls> Sample oneByOne(bool isTcp, bool isBlocking, const Course &course)
{
    const Pinned pinned(course.cpu);
    AioManager manager(anyAddress(isTcp));
    startServer(manager);
    Calls calls(manager);
    const qint64 begin = now();
    RoundTrips trips(course);
    if (!isBlocking)
        AioProcessing::waitBlocking(callOften(calls, trips));
    while (!trips.isDone())
        trips.lap(calls.call(trips.number()));
    Sample sample = trips.sample(true);
    sample.metrics.pop_back();      // says nothing on a machine that others use
    sample.metrics.emplace_back("ops_per_s", perSecond(course.rounds, now() - begin));
    return sample;
}

template<class Calls> Sample atOnce(bool isTcp, int rounds)
{
    AioManager manager(anyAddress(isTcp));
    startServer(manager);
    std::vector<std::unique_ptr<Calls>> all;
    for (int i = 0; i < depths; ++i)
        all.push_back(std::make_unique<Calls>(manager));
    const int each = rounds / depths;
    const qint64 begin = now();
    const auto run = [&]() -> QCoro::Task<bool> {
        std::vector<QCoro::Task<bool>> tasks;
        for (const auto &calls : all)
            tasks.push_back(callOften(*calls, each));
        bool areRight = true;
        for (QCoro::Task<bool> &task : tasks) {
            const bool isRight = co_await task;
            areRight = areRight && isRight;
        }
        co_return areRight;
    };
    const bool areRight = AioProcessing::waitBlocking(run());
    return {{{"ops_per_s", perSecond(each * depths, now() - begin)}}, areRight};
}

// -- the bare socket: as many bytes as a small call has, to who waits in poll()

constexpr std::size_t callBytes = 48;

void echoBytes(int socket)
{
    char bytes[callBytes];
    pollfd entry{socket, POLLIN, 0};
    while (::poll(&entry, 1, -1) == 1) {
        const ssize_t got = ::recv(socket, bytes, sizeof bytes, 0);
        if (got <= 0 || ::send(socket, bytes, std::size_t(got), MSG_NOSIGNAL) != got)
            break;
    }
}

// Two ends of a connection over TCP.
void connectTcp(int (&ends)[2])
{
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    auto *address = reinterpret_cast<sockaddr *>(&name);
    ends[0] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listening, address, size) != 0 || ::listen(listening, 1) != 0 || ::getsockname(listening, address, &size) != 0
        || ::connect(ends[0], address, size) != 0)
        throw std::runtime_error("cannot connect over TCP");
    ends[1] = ::accept(listening, nullptr, nullptr);
    ::close(listening);
    const int yes = 1;
    for (const int end : ends)
        ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Sample overBareSocket(bool isTcp, const Course &course)
{
    const Pinned pinned(course.cpu);
    int ends[2] = {-1, -1};
    if (isTcp)
        connectTcp(ends);
    else if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::runtime_error("there is no pair of sockets");
    const pid_t echo = ::fork();
    if (echo == 0) {
        ::close(ends[0]);
        echoBytes(ends[1]);
        ::_exit(0);
    }
    ::close(ends[1]);
    char bytes[callBytes] = {};
    RoundTrips trips(course);
    pollfd entry{ends[0], POLLIN, 0};
    while (!trips.isDone()) {
        const bool isSent = ::send(ends[0], bytes, sizeof bytes, MSG_NOSIGNAL) == sizeof bytes;
        trips.lap(isSent && ::poll(&entry, 1, -1) == 1 && ::recv(ends[0], bytes, sizeof bytes, 0) == sizeof bytes);
    }
    ::close(ends[0]);
    ::waitpid(echo, nullptr, 0);
    Sample sample = trips.sample(true);
    sample.metrics.pop_back();
    return sample;
}

template<class Calls> void addAll(Suite &suite, const char *op)
{
    const Course course{suite.isQuick() ? 4000 : 20000, firstCpu()};
    for (const char *transport : {"local", "tcp"}) {
        const bool isTcp = QByteArray(transport) == "tcp";
        const Parameters row{{"op", QByteArray(op)}, {"transport", QByteArray(transport)}};
        const auto with = [&row](const char *form, int depth) {
            Parameters parameters = row;
            parameters.emplace_back("depth", depth);
            parameters.emplace_back("form", QByteArray(form));
            return parameters;
        };
        for (const bool isBlocking : {true, false})
            suite.add("aio", with(isBlocking ? "blocking" : "coro", 1), [=] { return oneByOne<Calls>(isTcp, isBlocking, course); });
        suite.add("aio", with("coro", depths), [=] { return atOnce<Calls>(isTcp, 5 * course.rounds); });
        suite.add("python_manager", with("blocking", 1), [=] {
            return runPython(QStringLiteral("python_manager.py"), {QString::fromLatin1(op), QString::fromLatin1(transport),
                                                                   QString::number(course.rounds), QString::number(course.cpu)});
        });
    }
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    const QCoreApplication app(argc, argv);
    Suite suite("manager_ops", app.arguments());
    addAll<QueueCalls>(suite, "queue");
    addAll<DictCalls>(suite, "dict");
    addAll<LockCalls>(suite, "lock");
    const Course course{suite.isQuick() ? 4000 : 20000, firstCpu()};
    for (const bool isTcp : {false, true}) {
        const Parameters row{{"transport", QByteArray(isTcp ? "tcp" : "local")}};
        suite.add("floor_socket", row, [=] { return overBareSocket(isTcp, course); });
    }
    return suite.run();
}

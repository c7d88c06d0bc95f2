// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "wake_aio.h"

#include "naive.h"

#include <AioProcessing/AioProcessing>

namespace Benchmark {
namespace {

// Each of these is written once for the echo, which answers, and once for the pinger, which asks.

// -- events

int echoEvents(AioEvent &ping, AioEvent &pong, int rounds, int cpu)
{
    pinTo(cpu);
    int answered = 0;
    for (int round = 0; round < rounds; ++round) {
        answered += ping.wait() && ping.isSet();
        ping.clear();
        pong.set();
    }
    return answered;
}

void pingEvents(AioEvent &ping, AioEvent &pong, RoundTrips &trips)
{
    while (!trips.isDone()) {
        ping.set();
        const bool woken = pong.wait() && pong.isSet();
        pong.clear();
        trips.lap(woken);
    }
}

QCoro::Task<int> echoEventsCoro(AioEvent &ping, AioEvent &pong, int rounds, int cpu)
{
    pinTo(cpu);
    int answered = 0;
    for (int round = 0; round < rounds; ++round) {
        const bool woken = co_await ping.coro_wait();
        answered += woken && ping.isSet();
        ping.clear();
        pong.set();
    }
    co_return answered;
}

QCoro::Task<> pingEventsCoro(AioEvent &ping, AioEvent &pong, RoundTrips &trips)
{
    while (!trips.isDone()) {
        ping.set();
        const bool woken = co_await pong.coro_wait();
        const bool isSet = pong.isSet();
        pong.clear();
        trips.lap(woken && isSet);
    }
}

QCoro::Task<int> echoEventsNaive(AioEvent &ping, AioEvent &pong, int rounds, int cpu)
{
    pinTo(cpu);
    QThreadPool pool;
    const auto wait = [&ping] { return ping.wait(); };
    int answered = 0;
    for (int round = 0; round < rounds; ++round) {
        const bool woken = co_await naive(pool, wait);
        answered += woken && ping.isSet();
        ping.clear();
        pong.set();
    }
    co_return answered;
}

QCoro::Task<> pingEventsNaive(AioEvent &ping, AioEvent &pong, RoundTrips &trips)
{
    QThreadPool pool;
    const auto wait = [&pong] { return pong.wait(); };
    while (!trips.isDone()) {
        ping.set();
        const bool woken = co_await naive(pool, wait);
        const bool isSet = pong.isSet();
        pong.clear();
        trips.lap(woken && isSet);
    }
}

// -- queues: numbers go to and fro

int echoQueues(AioQueue &ping, AioQueue &pong, int rounds, int cpu)
{
    pinTo(cpu);
    int answered = 0;
    for (int round = 0; round < rounds; ++round) {
        const int number = ping.get<int>();
        answered += number == round;
        pong.put(number);
    }
    return answered;
}

void pingQueues(AioQueue &ping, AioQueue &pong, RoundTrips &trips)
{
    while (!trips.isDone()) {
        ping.put(trips.number());
        const int number = pong.get<int>();
        trips.lap(number == trips.number());
    }
}

QCoro::Task<int> echoQueuesCoro(AioQueue &ping, AioQueue &pong, int rounds, int cpu)
{
    pinTo(cpu);
    int answered = 0;
    for (int round = 0; round < rounds; ++round) {
        const int number = co_await ping.coro_get<int>();
        answered += number == round;
        co_await pong.coro_put(number);
    }
    co_return answered;
}

QCoro::Task<> pingQueuesCoro(AioQueue &ping, AioQueue &pong, RoundTrips &trips)
{
    while (!trips.isDone()) {
        co_await ping.coro_put(trips.number());
        const int number = co_await pong.coro_get<int>();
        trips.lap(number == trips.number());
    }
}

QCoro::Task<int> echoQueuesNaive(AioQueue &ping, AioQueue &pong, int rounds, int cpu)
{
    pinTo(cpu);
    QThreadPool pool;
    const auto get = [&ping] { return ping.get<int>(); };
    int answered = 0;
    for (int round = 0; round < rounds; ++round) {
        const int number = co_await naive(pool, get);
        answered += number == round;
        const auto put = [&pong, number] { return pong.put(number); };
        co_await naive(pool, put);
    }
    co_return answered;
}

QCoro::Task<> pingQueuesNaive(AioQueue &ping, AioQueue &pong, RoundTrips &trips)
{
    QThreadPool pool;
    const auto put = [&ping, &trips] { return ping.put(trips.number()); };
    const auto get = [&pong] { return pong.get<int>(); };
    while (!trips.isDone()) {
        co_await naive(pool, put);
        const int number = co_await naive(pool, get);
        trips.lap(number == trips.number());
    }
}

template<class Object, auto echoOf, class Ping>
Sample wake(const Course &course, Ping doPing)
{
    const Pinned pinned(course.cpu);
    Object ping;
    Object pong;
    Echo echo(AioCall::to<echoOf>(ping, pong, course.rounds, course.cpu));
    RoundTrips trips(course);
    doPing(ping, pong, trips);
    return trips.sample(echo.answered(course.rounds));
}

template<class Object, auto echoOf, class Ping>
Sample wakeCoro(const Course &course, Ping doPing)
{
    return wake<Object, echoOf>(course, [doPing](Object &ping, Object &pong, RoundTrips &trips) {
        AioProcessing::waitBlocking(doPing(ping, pong, trips));
    });
}

} // namespace

Sample wakeEventBlocking(const Course &course) { return wake<AioEvent, &echoEvents>(course, &pingEvents); }
Sample wakeEventCoro(const Course &course) { return wakeCoro<AioEvent, &echoEventsCoro>(course, &pingEventsCoro); }
Sample wakeEventNaive(const Course &course) { return wakeCoro<AioEvent, &echoEventsNaive>(course, &pingEventsNaive); }
Sample wakeQueueBlocking(const Course &course) { return wake<AioQueue, &echoQueues>(course, &pingQueues); }
Sample wakeQueueCoro(const Course &course) { return wakeCoro<AioQueue, &echoQueuesCoro>(course, &pingQueuesCoro); }
Sample wakeQueueNaive(const Course &course) { return wakeCoro<AioQueue, &echoQueuesNaive>(course, &pingQueuesNaive); }

} // namespace Benchmark

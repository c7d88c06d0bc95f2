// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue_loads.h"

#include "naive.h"

#include <AioProcessing/AioProcessing>

#include <cstring>
#include <memory>

struct Packet
{
    quint64 number;
    char rest[1016];
};
AIO_DECLARE_RAW(Packet)

namespace Benchmark {

void Arrivals::add(quint64 number)
{
    if (m_got == 0)
        m_begin = now();
    ++m_got;
    const auto producer = std::size_t(number >> 32);
    if (producer < m_next.size() && m_next[producer] == (number & UINT32_MAX))
        ++m_next[producer];
    else
        m_isCorrect = false;
}

Sample Arrivals::result() const
{
    return {{{"msgs_per_s", double(m_got - 1) * 1e9 / double(now() - m_begin)}}, m_isCorrect && areComplete()};
}

namespace {

quint64 numberOf(const char *bytes)
{
    quint64 number = 0;
    std::memcpy(&number, bytes, sizeof number);
    return number;
}

// -- producers

void produceNumbers(AioQueue &queue, int index, int count, int)
{
    for (int i = 0; i < count; ++i)
        queue.put(Arrivals::number(index, i));
}

void producePackets(AioQueue &queue, int index, int count, int)
{
    Packet packet{};
    for (int i = 0; i < count; ++i) {
        packet.number = Arrivals::number(index, i);
        queue.put(packet);
    }
}

void produceVariants(AioQueue &queue, int index, int count, int)
{
    for (int i = 0; i < count; ++i)
        queue.put(QVariant(qulonglong(Arrivals::number(index, i))));
}

void produceBytes(AioQueue &queue, int index, int count, int size)
{
    QByteArray bytes(size, 'x');
    for (int i = 0; i < count; ++i) {
        const quint64 number = Arrivals::number(index, i);
        std::memcpy(bytes.data(), &number, sizeof number);
        queue.put(bytes);
    }
}

void produceFilledBuffers(AioQueue &queue, int index, int count, int size)
{
    for (int i = 0; i < count; ++i) {
        AioBuffer buffer = queue.allocate(size);
        const quint64 number = Arrivals::number(index, i);
        char *data = buffer.data();
        std::memset(data, i & 0x7f, std::size_t(size));
        std::memcpy(data, &number, sizeof number);
        queue.put(buffer);
    }
}

void produceBuffers(AioQueue &queue, int index, int count, int size)
{
    for (int i = 0; i < count; ++i) {
        AioBuffer buffer = queue.allocate(size);
        const quint64 number = Arrivals::number(index, i);
        std::memcpy(buffer.data(), &number, sizeof number);
        queue.put(buffer);
    }
}

// -- consumers

struct Course
{
    explicit Course(const Load &load) : queue(load.capacity()), arrivals(load) {}

    AioQueue queue;
    Arrivals arrivals;
    std::vector<std::unique_ptr<AioProcess>> producers;
};

template<auto Producer> void start(Course &course, const Load &load)
{
    for (int i = 0; i < load.producers; ++i) {
        course.producers.push_back(std::make_unique<AioProcess>(AioCall::to<Producer>(course.queue, i, load.count, load.size)));
        course.producers.back()->start();
    }
}

Sample resultOf(Course &course)
{
    Sample sample = course.arrivals.result();
    for (auto &producer : course.producers)
        sample.correct = producer->join() && producer->exitReason() == AioProcess::CleanExit && sample.correct;
    return sample;
}

template<class T> QCoro::Task<> getTyped(Course &course)
{
    while (!course.arrivals.areComplete()) {
        const T item = co_await course.queue.coro_get<T>();
        course.arrivals.add(numberOf(reinterpret_cast<const char *>(&item)));
    }
}

template<class T> QCoro::Task<> getTypedNaive(Course &course)
{
    QThreadPool pool;
    const auto get = [&course] { return course.queue.get<T>(); };
    while (!course.arrivals.areComplete()) {
        const T item = co_await naive(pool, get);
        course.arrivals.add(numberOf(reinterpret_cast<const char *>(&item)));
    }
}

template<class T, auto Producer> Sample typed(const Load &load)
{
    Course course(load);
    start<Producer>(course, load);
    while (!course.arrivals.areComplete()) {
        const T item = course.queue.get<T>();
        course.arrivals.add(numberOf(reinterpret_cast<const char *>(&item)));
    }
    return resultOf(course);
}

template<class T, auto Producer> Sample typedLater(const Load &load, QCoro::Task<> (*get)(Course &))
{
    Course course(load);
    start<Producer>(course, load);
    AioProcessing::waitBlocking(get(course));
    return resultOf(course);
}

QCoro::Task<> getBytes(Course &course)
{
    while (!course.arrivals.areComplete()) {
        const QByteArray item = co_await course.queue.coro_get<QByteArray>();
        course.arrivals.add(numberOf(item.constData()));
    }
}

} // namespace

Sample queueTyped(const Load &load)
{
    return load.size == 8 ? typed<quint64, &produceNumbers>(load) : typed<Packet, &producePackets>(load);
}

Sample queueTypedCoro(const Load &load)
{
    return load.size == 8 ? typedLater<quint64, &produceNumbers>(load, &getTyped<quint64>)
                          : typedLater<Packet, &producePackets>(load, &getTyped<Packet>);
}

Sample queueTypedNaive(const Load &load)
{
    return typedLater<quint64, &produceNumbers>(load, &getTypedNaive<quint64>);
}

Sample queueVariant(const Load &load)
{
    Course course(load);
    start<&produceVariants>(course, load);
    while (!course.arrivals.areComplete())
        course.arrivals.add(course.queue.get().toULongLong());
    return resultOf(course);
}

Sample queueBytes(const Load &load)
{
    Course course(load);
    start<&produceBytes>(course, load);
    while (!course.arrivals.areComplete()) {
        const QByteArray item = course.queue.get().toByteArray();
        course.arrivals.add(item.size() == load.size ? numberOf(item.constData()) : UINT64_MAX);
    }
    return resultOf(course);
}

Sample queueBytesCoro(const Load &load)
{
    return typedLater<QByteArray, &produceBytes>(load, &getBytes);
}

Sample queueBuffer(const Load &load)
{
    Course course(load);
    start<&produceFilledBuffers>(course, load);
    bool isWhole = true;
    while (!course.arrivals.areComplete()) {
        const AioBuffer item = course.queue.get<AioBuffer>();
        const char *data = item.constData();
        const quint64 number = numberOf(data);
        quint64 difference = 0;
        for (int at = 8; at + 8 <= load.size; at += 8)
            difference |= numberOf(data + at) ^ (number & 0x7f) * 0x0101010101010101;
        isWhole = isWhole && difference == 0 && item.size() == load.size;
        course.arrivals.add(number);
    }
    Sample sample = resultOf(course);
    sample.correct = sample.correct && isWhole;
    return sample;
}

Sample queueHandOver(const Load &load)
{
    Course course(load);
    start<&produceBuffers>(course, load);
    while (!course.arrivals.areComplete()) {
        const AioBuffer item = course.queue.get<AioBuffer>();
        course.arrivals.add(numberOf(item.constData()));
    }
    return resultOf(course);
}

} // namespace Benchmark

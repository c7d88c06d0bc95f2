// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue_floors.h"

#include "sharedmemory.h"

#include <cstring>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(AIO_HAVE_BOOST)
#include <boost/interprocess/ipc/message_queue.hpp>
#endif

namespace Benchmark {
namespace {

// Forks the producers, each of which calls put(bytes) for its messages.
template<class Put> std::vector<pid_t> startProducers(const Load &load, Put put)
{
    std::vector<pid_t> children;
    for (int index = 0; index < load.producers; ++index) {
        const pid_t child = ::fork();
        if (child != 0) {
            children.push_back(child);
            continue;
        }
        std::vector<char> message(std::size_t(load.size), 'x');
        for (int i = 0; i < load.count; ++i) {
            const quint64 number = Arrivals::number(index, i);
            std::memcpy(message.data(), &number, sizeof number);
            put(message.data());
        }
        ::_exit(0);
    }
    return children;
}

// Calls get(bytes) until all have come.
template<class Get> Sample consume(const Load &load, const std::vector<pid_t> &children, Get get)
{
    Arrivals arrivals(load);
    std::vector<char> message(std::size_t(load.size));
    while (!arrivals.areComplete()) {
        get(message.data());
        quint64 number = 0;
        std::memcpy(&number, message.data(), sizeof number);
        arrivals.add(number);
    }
    Sample sample = arrivals.result();
    for (const pid_t child : children) {
        int status = 0;
        sample.correct = ::waitpid(child, &status, 0) == child && status == 0 && sample.correct;
    }
    return sample;
}

// Many producers, one consumer. Each slot has a number that says whose turn it is.
class Ring
{
public:
    explicit Ring(const Load &load)
        : m_load(load), m_memory(sizeof(State) + slotBytes() * std::size_t(load.capacity())), m_state(new (m_memory.data()) State)
    {
        for (int i = 0; i < load.capacity(); ++i)
            slot(std::uint64_t(i)) = std::uint64_t(i);
    }

    char *beginPut(std::uint64_t &at)
    {
        for (at = m_state->tail.load();;) {
            const std::uint64_t turn = slot(at).load();
            if (turn == at) {
                if (m_state->tail.compare_exchange_weak(at, at + 1))
                    return bytes(at);
            } else if (turn < at) {
                sleep(m_state->full, [&] { return slot(at).load() < at; });
                at = m_state->tail.load();
            } else {
                at = m_state->tail.load();
            }
        }
    }
    void endPut(std::uint64_t at)
    {
        slot(at).store(at + 1);
        wake(m_state->empty);
    }
    const char *beginGet()
    {
        const std::uint64_t at = m_state->head;
        while (slot(at).load() != at + 1)
            sleep(m_state->empty, [&] { return slot(at).load() != at + 1; });
        return bytes(at);
    }
    void endGet()
    {
        const std::uint64_t at = m_state->head++;
        slot(at).store(at + std::uint64_t(m_load.capacity()));
        wake(m_state->full);
    }

private:
    struct Sleepers
    {
        alignas(64) std::atomic<std::uint32_t> count;
        std::atomic<std::uint32_t> word;
    };
    struct State
    {
        alignas(64) std::atomic<std::uint64_t> tail;
        alignas(64) std::uint64_t head;
        Sleepers full;
        Sleepers empty;
    };

    std::size_t slotBytes() const { return (std::size_t(m_load.size) + 64 + 63) / 64 * 64; }
    char *place(std::uint64_t at) const
    {
        return static_cast<char *>(m_memory.data()) + sizeof(State) + slotBytes() * (at % std::uint64_t(m_load.capacity()));
    }
    std::atomic<std::uint64_t> &slot(std::uint64_t at) const { return *reinterpret_cast<std::atomic<std::uint64_t> *>(place(at)); }
    char *bytes(std::uint64_t at) const { return place(at) + 8; }

    template<class F> static void sleep(Sleepers &sleepers, F mustWait)
    {
        ++sleepers.count;
        const std::uint32_t seen = sleepers.word.load();
        if (mustWait())
            futexWait(sleepers.word, seen);
        --sleepers.count;
    }
    static void wake(Sleepers &sleepers)
    {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (sleepers.count.load() > 0) {
            ++sleepers.word;
            futexWakeOne(sleepers.word);
        }
    }

    const Load m_load;
    SharedMemory m_memory;
    State *const m_state;
};

// -- descriptors

void writeAll(int descriptor, const char *data, int size)
{
    for (int done = 0; done < size;) {
        const ssize_t part = ::write(descriptor, data + done, std::size_t(size - done));
        if (part <= 0)
            ::_exit(1);
        done += int(part);
    }
}

void readAll(int descriptor, char *data, int size)
{
    for (int done = 0; done < size;) {
        const ssize_t part = ::read(descriptor, data + done, std::size_t(size - done));
        if (part <= 0)
            throw std::runtime_error("read");
        done += int(part);
    }
}

Sample overDescriptors(const Load &load, int reading, int writing)
{
    const auto children = startProducers(load, [&](const char *data) { writeAll(writing, data, load.size); });
    const Sample sample = consume(load, children, [&](char *data) { readAll(reading, data, load.size); });
    ::close(reading);
    ::close(writing);
    return sample;
}

} // namespace

Sample queueRing(const Load &load)
{
    Ring ring(load);
    const auto children = startProducers(load, [&](const char *data) {
        std::uint64_t at = 0;
        std::memcpy(ring.beginPut(at), data, std::size_t(load.size));
        ring.endPut(at);
    });
    return consume(load, children, [&](char *data) {
        std::memcpy(data, ring.beginGet(), std::size_t(load.size));
        ring.endGet();
    });
}

Sample queueSlots(const Load &load)
{
    Ring ring(load);
    const auto children = startProducers(load, [&](const char *data) {
        std::uint64_t at = 0;
        char *slot = ring.beginPut(at);
        std::memset(slot, data[0] & 0x7f, std::size_t(load.size));
        std::memcpy(slot, data, 8);
        ring.endPut(at);
    });
    quint64 all = 0;
    Sample sample = consume(load, children, [&](char *data) {
        const char *slot = ring.beginGet();
        std::memcpy(data, slot, 8);
        quint64 sum = 0;
        for (int at = 8; at + 8 <= load.size; at += 8) {
            quint64 word = 0;
            std::memcpy(&word, slot + at, sizeof word);
            sum |= word ^ quint64(data[0] & 0x7f) * 0x0101010101010101;
        }
        all |= sum;
        ring.endGet();
    });
    sample.correct = sample.correct && all == 0;
    return sample;
}

Sample queuePipe(const Load &load)
{
    int ends[2];
    if (::pipe(ends) != 0)
        throw std::runtime_error("pipe");
    return overDescriptors(load, ends[0], ends[1]);
}

Sample queueUnixSocket(const Load &load)
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        throw std::runtime_error("socketpair");
    return overDescriptors(load, ends[0], ends[1]);
}

Sample queueBoost([[maybe_unused]] const Load &load)
{
#if defined(AIO_HAVE_BOOST)
    namespace ipc = boost::interprocess;
    const std::string name = "aio_benchmark_" + std::to_string(::getpid());
    ipc::message_queue::remove(name.c_str());
    try {
        const auto capacity = std::size_t(load.size >= (16 << 20) ? 2 : load.capacity());   // /dev/shm is small in containers
        ipc::message_queue queue(ipc::create_only, name.c_str(), capacity, std::size_t(load.size));
        const auto children = startProducers(load, [&](const char *data) { queue.send(data, std::size_t(load.size), 0); });
        const Sample sample = consume(load, children, [&](char *data) {
            ipc::message_queue::size_type size = 0;
            unsigned priority = 0;
            queue.receive(data, std::size_t(load.size), size, priority);
        });
        ipc::message_queue::remove(name.c_str());
        return sample;
    } catch (const ipc::interprocess_exception &exception) {
        ipc::message_queue::remove(name.c_str());
        throw NotInstalled(exception.what());
    }
#else
    throw NotInstalled("there is no Boost");
#endif
}

Sample queuePython(const QString &kind, const Load &load)
{
    return runPython(QStringLiteral("python_queue.py"),
                     {kind, QString::number(load.size), QString::number(load.count), QString::number(load.producers)});
}

} // namespace Benchmark

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QtGlobal>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace Benchmark {

/* Memory for floors and peers, all zero at first. Processes that are started inherit its descriptor and may map it, too. */
class SharedMemory
{
public:
    explicit SharedMemory(std::size_t size);
    /* The memory that another process made, which \a descriptor was inherited from. */
    SharedMemory(int descriptor, std::size_t size);
    ~SharedMemory();
    Q_DISABLE_COPY_MOVE(SharedMemory)

    int descriptor() const { return m_descriptor; }
    void *data() const { return m_data; }

private:
    int m_descriptor;
    std::size_t m_size;
    void *m_data;
};

/* One T in such memory. It is made by who makes the memory, and never destroyed. */
template<class T>
class Shared
{
public:
    Shared() : m_memory(sizeof(T)), m_object(new (m_memory.data()) T()) {}
    explicit Shared(int descriptor) : m_memory(descriptor, sizeof(T)), m_object(static_cast<T *>(m_memory.data())) {}

    int descriptor() const { return m_memory.descriptor(); }
    T *operator->() const { return m_object; }
    T &operator*() const { return *m_object; }

private:
    SharedMemory m_memory;
    T *m_object;
};

/* Sleeps while \a word has \a value, and sometimes shorter. */
void futexWait(std::atomic<std::uint32_t> &word, std::uint32_t value);
void futexWakeOne(std::atomic<std::uint32_t> &word);

} // namespace Benchmark

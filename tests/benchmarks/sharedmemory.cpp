// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sharedmemory.h"

#include <linux/futex.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace Benchmark {
namespace {

int createMemory(std::size_t size)
{
    const int descriptor = ::memfd_create("aioprocessing-benchmark", 0);
    if (descriptor < 0 || ::ftruncate(descriptor, off_t(size)) != 0)
        throw std::runtime_error("no shared memory");
    return descriptor;
}

} // namespace

SharedMemory::SharedMemory(std::size_t size) : SharedMemory(createMemory(size), size) { }

SharedMemory::SharedMemory(int descriptor, std::size_t size) :
    m_descriptor(descriptor), m_size(size), m_data(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0))
{
    if (m_data == MAP_FAILED)
        throw std::runtime_error("shared memory cannot be mapped");
}

SharedMemory::~SharedMemory()
{
    ::munmap(m_data, m_size);
    ::close(m_descriptor);
}

void futexWait(std::atomic<std::uint32_t> &word, std::uint32_t value)
{
    ::syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}

void futexWakeOne(std::atomic<std::uint32_t> &word)
{
    ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

} // namespace Benchmark

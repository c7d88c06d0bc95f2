// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace AioTest {

/* For as long as it lives, this process can open nothing more, but what it closes it can open again. */
class NoDescriptors
{
public:
    NoDescriptors() : m_last(::open("/dev/null", O_RDONLY | O_CLOEXEC))       // all below it are in use
    {
        ::getrlimit(RLIMIT_NOFILE, &m_before);
        const rlimit none{rlim_t(m_last) + 1, m_before.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors()
    {
        ::setrlimit(RLIMIT_NOFILE, &m_before);
        ::close(m_last);
    }
    NoDescriptors(const NoDescriptors &) = delete;
    NoDescriptors &operator=(const NoDescriptors &) = delete;

private:
    const int m_last;
    rlimit m_before;
};

} // namespace AioTest

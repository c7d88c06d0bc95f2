// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawlifesigns.h"

#include "platform/rawlocalsocket.h"

#include <algorithm>
#include <cerrno>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aio_raw {
namespace {

// Nobody says anything here.
bool hasEnded(int connection) noexcept
{
    char byte;
    const ssize_t got = ::recv(connection, &byte, 1, 0);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

} // namespace

LifeSigns &LifeSigns::instance() noexcept
{
    static auto *signs = new LifeSigns;     // lives as long as the process
    return *signs;
}

LifeSigns::LifeSigns() noexcept
{
    ::pthread_atfork([] { instance().m_mutex.lock(); }, [] { instance().m_mutex.unlock(); }, [] {
        LifeSigns &signs = instance();
        for (const int descriptor : {signs.m_lock, signs.m_listener})
            ::close(descriptor);
        std::for_each(signs.m_connections.begin(), signs.m_connections.end(), &::close);
        signs.m_connections.clear();
        signs.m_lock = signs.m_listener = -1;
        signs.m_mutex.unlock();
    });
}

void LifeSigns::show(int lock, int listener) noexcept
{
    const std::lock_guard guard(m_mutex);
    m_lock = lock;
    m_listener = listener;
}

void LifeSigns::accept() noexcept
{
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_connections, [](int connection) { return hasEnded(connection) && ::close(connection) == 0; });
    int connection;
    errno = 0;
    while (m_listener >= 0 && (connection = ::accept(m_listener, nullptr, nullptr)) >= 0) {
        prepareAccepted(connection);
        m_connections.push_back(connection);
    }
    m_isExhausted = errno == EMFILE || errno == ENFILE;
}

std::vector<int> LifeSigns::watched() noexcept
{
    const std::lock_guard lock(m_mutex);
    std::vector<int> all = m_connections;
    if (m_listener >= 0 && !m_isExhausted)
        all.push_back(m_listener);
    return all;
}

} // namespace aio_raw

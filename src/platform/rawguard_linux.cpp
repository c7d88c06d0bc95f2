// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawguard.h"

#include <cerrno>
#include <new>
#include <pthread.h>

// A process-shared robust mutex. It belongs to a thread, and the kernel hands it over when that ends.
namespace aio_raw {
namespace {

pthread_mutex_t *mutexIn(unsigned char *storage) noexcept
{
    return std::launder(reinterpret_cast<pthread_mutex_t *>(storage));
}

} // namespace

static_assert(sizeof(pthread_mutex_t) <= sizeof(RawGuard) && alignof(pthread_mutex_t) <= alignof(RawGuard));

void RawGuard::initialise() noexcept
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    // NORMAL: a recursive or error-checking mutex compares thread ids, which are not unique across pid namespaces
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_NORMAL);
    pthread_mutex_init(mutexIn(m_storage), &attributes);
    pthread_mutexattr_destroy(&attributes);
}

RawGuard::Result RawGuard::tryLock(std::uint32_t, const GuardHolders &) noexcept
{
    switch (pthread_mutex_trylock(mutexIn(m_storage))) {
    case 0:
        return Locked;
    case EOWNERDEAD:
        pthread_mutex_consistent(mutexIn(m_storage));
        return OwnerDied;
    default:
        return Busy;
    }
}

void RawGuard::unlock(std::uint32_t) noexcept
{
    pthread_mutex_unlock(mutexIn(m_storage));
}

} // namespace aio_raw

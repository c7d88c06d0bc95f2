// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawguard.h"

#include <cerrno>

namespace aio_raw {

void RawGuard::initialise() noexcept
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    // NORMAL: a recursive or error-checking mutex compares thread ids, which are not unique across pid namespaces
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_NORMAL);
    pthread_mutex_init(&m_mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

RawGuard::Result RawGuard::tryLock() noexcept
{
    switch (pthread_mutex_trylock(&m_mutex)) {
    case 0:
        return Locked;
    case EOWNERDEAD:
        pthread_mutex_consistent(&m_mutex);
        return OwnerDied;
    default:
        return Busy;
    }
}

void RawGuard::unlock() noexcept
{
    pthread_mutex_unlock(&m_mutex);
}

} // namespace aio_raw

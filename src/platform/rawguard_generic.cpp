// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawguard.h"

#include <atomic>
#include <new>

/*
 * One word that names the holder. A dead holder's guard is taken over as soon as somebody has established his death
 * (rawprocess.h): whoever does that visits every cell next, so a guard that is found taken by a dead process of whose death
 * nobody knows yet is as good as one that is busy.
 *
 * Why no QSystemSemaphore, which Qt offers for this: it cannot be tried, only waited for, without a limit. Over System V the
 * kernel frees it when its holder is killed, but says nothing of that, and two keys may share one semaphore; over POSIX, the other thing
 * it is made of, it stays taken for ever.
 */
namespace aio_raw {
namespace {

using Word = std::atomic<std::uint32_t>;

Word &wordIn(unsigned char *storage) noexcept
{
    return *std::launder(reinterpret_cast<Word *>(storage));
}

} // namespace

static_assert(Word::is_always_lock_free);

void RawGuard::initialise() noexcept
{
    (new (m_storage) Word)->store(0);
}

RawGuard::Result RawGuard::tryLock(std::uint32_t self, const GuardHolders &holders) noexcept
{
    if (self == 0)
        return Busy;
    Word &word = wordIn(m_storage);
    std::uint32_t holder = 0;
    if (word.compare_exchange_strong(holder, self))
        return Locked;
    // a thread of this process is no dead one
    if (holder == self || !holders.hasEnded(holder) || !word.compare_exchange_strong(holder, self))
        return Busy;
    return OwnerDied;
}

void RawGuard::unlock(std::uint32_t self) noexcept
{
    wordIn(m_storage).compare_exchange_strong(self, 0);
}

} // namespace aio_raw

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/*
 * A guard: mutual exclusion inside one shared object, for a few dozen instructions at a time.
 *
 * It is only ever tried, so no thread of any process waits for a guard, whoever holds it and whether he runs, is stopped or is
 * dead. Who finds it taken leaves a note instead (rawlot.h, attention). It never is the user's lock.
 */
namespace aio_raw {

/* Tells of those who hold guards. */
class GuardHolders
{
public:
    virtual ~GuardHolders() = default;
    /* Whether the process that calls itself \a holder has ended. False while that is not certain. */
    virtual bool hasEnded(std::uint32_t holder) const noexcept = 0;
};

class RawGuard
{
public:
    enum Result {
        Busy,       // a living (or stopped, or dead and not yet noticed) holder has it
        Locked,
        OwnerDied,  // locked; the one before died inside: put the object right, then go on
    };

    /* Prepares a guard in zeroed or freed memory. */
    void initialise() noexcept;
    /* For the process that calls itself \a self. Who is 0, because he has left, never gets a guard where its holder has a name. */
    Result tryLock(std::uint32_t self, const GuardHolders &holders) noexcept;
    void unlock(std::uint32_t self) noexcept;

private:
    alignas(8) unsigned char m_storage[40];     // what the backend needs
};

} // namespace aio_raw

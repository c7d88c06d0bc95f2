// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

/*
 * A guard: mutual exclusion inside one shared object, for a few dozen instructions at a time.
 *
 * It is a process-shared robust mutex that is only ever tried, so no thread of any process waits for a guard, whoever
 * holds it and whether he runs, is stopped or is dead. Who finds it taken leaves a note instead (rawlot.h, attention).
 * A robust mutex belongs to a thread; therefore it is never the user's lock.
 */
namespace aio_raw {

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
    Result tryLock() noexcept;
    void unlock() noexcept;

private:
    pthread_mutex_t m_mutex;
};

} // namespace aio_raw

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

namespace AioTest {

/*
 * Runs \a suite in a child process with a runtime directory of its own (AIOPROCESSING_RUNTIME_DIR), and looks from outside at
 * what is left when it has ended, however it ended: processes of its tree, files in the runtime directory, shared memory
 * segments and semaphore sets. Prints what it finds, removes it, and returns the suite's exit code, or failure when
 * something was left. With AIO_TEST_UNSUPERVISED=1 it just runs the suite, for debuggers.
 */
int supervise(const std::function<int()> &suite);

/*
 * The same look from inside, for what dies with the process: made at the start of the suite, asked at its end.
 */
class LeakCheck
{
public:
    LeakCheck();
    ~LeakCheck();
    LeakCheck(const LeakCheck &) = delete;
    LeakCheck &operator=(const LeakCheck &) = delete;

    /* Whether there are no more child processes, threads and descriptors than at construction. Prints those there are. */
    bool nothingLeaked();

private:
    struct State;
    State *const m_state;
};

} // namespace AioTest

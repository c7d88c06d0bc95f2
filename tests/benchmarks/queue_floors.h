// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue_loads.h"

/*
 * The same loads with what the machine allows, and with other people's queues. Producers are forked.
 */
namespace Benchmark {

Sample queueRing(const Load &load);             // a ring of slots in shared memory; who waits sleeps on a futex
Sample queueSlots(const Load &load);            // the same, each byte written and read in its slot
Sample queuePipe(const Load &load);
Sample queueUnixSocket(const Load &load);
Sample queueBoost(const Load &load);            // boost::interprocess::message_queue
Sample queuePython(const QString &kind, const Load &load);      // multiprocessing's, or its SimpleQueue

} // namespace Benchmark

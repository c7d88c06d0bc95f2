// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/aioqueue_p.h"

namespace aio_detail {

/*
 * What a queue object does for those who listen to its signals: one wait for each of them, on the object's thread, that looks at the
 * queue and takes nothing. Without listeners there is none.
 */
namespace QueueWatch {

/* Emits itemAvailable() as long as somebody listens, and shutDownDone() at the end. */
void watchItems(AioQueue *queue, AioQueuePrivate &d);
/* Emits spaceAvailable() once, when there is memory for \a bytes and a free place. */
void watchSpace(AioQueue *queue, AioQueuePrivate &d, std::size_t bytes);

} // namespace QueueWatch
} // namespace aio_detail

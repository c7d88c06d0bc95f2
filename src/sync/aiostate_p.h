// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/aioobject_p.h"

namespace aio_detail {

/*!
 * Emits stateChanged() of \a object, which has a cell, as long as somebody listens: one wait, on the object's thread, and after each signal a
 * pause, in which nobody needs to tell of a change, and then another signal. Without listeners, and without changes, nothing happens at all.
 */
void watchState(AioObject *object, AioObjectPrivate &d);

} // namespace aio_detail

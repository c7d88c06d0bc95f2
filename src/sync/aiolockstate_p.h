// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/aioobject_p.h"
#include "sync/rawrlock.h"

#include <optional>

/* What locks with and without recursion say about their owners. */
namespace aio_detail {

/*! The pid of the holder before this one if it died with the lock; logs that. */
std::optional<qint64> abandonedBy(const OpenCell &cell);

/*! The calling thread as an owner of AioRLocks. */
aio_raw::RawRLock::Token threadToken(const OpenCell &cell);
/*! The same for those of managers: one of this process. */
aio_raw::RawRLock::Token threadToken();

/*! Whether \a reply of a manager, to who has got a lock, is the pid of a holder that has gone with it. */
inline bool saysAbandoned(const QVariant &reply) { return reply.typeId() != QMetaType::Bool; }

/*! "free", or "locked by 4711 (name)", or, where somebody waits for it, "locked by 4711 (name) for about 3.2 s". */
QString describeOwner(const OpenCell &cell);

/*! Who \a owner is, for people: "4711 (name)". */
QString describeProcess(aio_raw::RawArena &arena, aio_raw::Owner owner);

/*! How long ago \a time was: "3.2 s". */
QString describeTimeSince(aio_raw::Nanoseconds time);

} // namespace aio_detail

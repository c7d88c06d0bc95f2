// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "platform/rawdoorbell.h"

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <string>

/*
 * The one directory in which everything of this library that has a name lives, one for each user:
 *
 *   $AIOPROCESSING_RUNTIME_DIR, else $XDG_RUNTIME_DIR/aioprocessing, else /tmp/aioprocessing-<uid>
 *     lock          held for the moments in which an entry appears, is attached to, or goes
 *     p-<id>/       a process: lock (flock, exclusive, as long as it lives; with bytes in it when it has left), its doorbells
 *     a-<id>/       an arena: lock (flock, shared by each process that uses it), the keys of its segments
 *
 * An entry whose lock can be had belongs to the dead; sweep() takes it away with everything in it. flock is the
 * authority, not QSystemSemaphore, whose own key file would be one more thing to leave behind.
 */
namespace aio_detail {

using Identity = std::uint8_t[16];

class RuntimeDirectory
{
public:
    /*! Opens or makes the directory, sweeps it, and makes this process's entry. Throws AioException. */
    static RuntimeDirectory &instance();

    const QString &path() const { return m_path; }
    const Identity &entryId() const { return m_entryId; }
    /*! The directory of the process with entry \a id. */
    std::string home(const Identity &id) const;
    /*! Opens doorbell \a number of this process. Throws AioException. */
    void openDoorbell(aio_raw::RawDoorbell &bell, unsigned number);

    QString arenaPath(const Identity &arena) const;
    /*! Takes a share in the arena's lock, making its directory if \a create. Returns the descriptor. Throws. Call with the lock held. */
    int shareArena(const Identity &arena, bool create);
    /*! Whether no other process has one. */
    bool isAloneWith(int descriptor) const;
    /*! Gives up the share \a descriptor; who was the last one takes the arena away. */
    void leaveArena(const Identity &arena, int descriptor);

    /*! Removes what dead processes left. */
    void sweep();
    /*! Removes this process's entry; done at its end anyway. */
    void leave() noexcept;

    /*! Held while entries are made, attached to or removed. Throws AioException when it is not to be had for a while. */
    class Lock
    {
    public:
        explicit Lock(const RuntimeDirectory &directory);
        ~Lock();
        Q_DISABLE_COPY_MOVE(Lock)
    private:
        int m_descriptor;
    };

private:
    RuntimeDirectory();
    /*! Whether this is the process that made the entry, and no child forked from it. */
    bool isOwn() const;
    void make() const;
    void makeEntry();
    void sweepLocked();
    void removeOwnEntry();
    void removeTheLeft();
    void removeIfEmpty();

    QString m_path;
    Identity m_entryId = {};
    int m_entryLock = -1;
    bool m_hasLeft = false;
    const qint64 m_pid;
};

QByteArray toHex(const Identity &id);

} // namespace aio_detail

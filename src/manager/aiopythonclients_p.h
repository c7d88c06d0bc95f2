// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedcall_p.h"
#include "process/aiowatched_p.h"

#include <QObject>

#include <map>

namespace aio_detail {

/*
 * The processes of Python's clients, and what each refers to. Python takes a reference, and gives it up, over a connection of its own each
 * time, so it is the end of the process that tells that nobody will give up the rest. Where the system does not say which process it is,
 * which it does for local sockets on Linux, all have one table, and what the dead among them had is kept.
 */
class PythonClients : public QObject
{
    Q_OBJECT
public:
    /* What the process \a pid refers to; 0: nobody knows which one it is. Good until the event loop runs. */
    ManagerReferences &referencesOf(qint64 pid);

Q_SIGNALS:
    /* A process has ended, which had \a references. */
    void ended(const aio_detail::ManagerReferences &references);

private:
    using Key = std::pair<qint64, quint64>;     // a pid, and when its process has begun: pids come again
    struct Process
    {
        ManagerReferences references;
        WatchedDescriptor life;
    };

    void watch(const Key &key, Process &process);
    void forget(const Key &key);

    ManagerReferences m_ofStrangers;
    std::map<Key, Process> m_processes;
};

} // namespace aio_detail

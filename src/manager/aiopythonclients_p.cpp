// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiopythonclients_p.h"

#include "platform/rawprocess.h"

namespace aio_detail {

using namespace aio_raw;

ManagerReferences &PythonClients::referencesOf(qint64 pid)
{
    if (pid == 0)
        return m_ofStrangers;
    const Key key(pid, startTimeOf(std::int32_t(pid)));
    Process &process = m_processes[key];
    if (!process.life.isOpen())
        watch(key, process);
    return process.references;
}

void PythonClients::watch(const Key &key, Process &process)
{
    ProcessIdentity who;
    who.pid = std::int32_t(key.first);
    who.startTime = key.second;
    const auto end = [this, key] { forget(key); };
    const int descriptor = openProcess(who);
    if (descriptor >= 0)
        process.life.open(descriptor, QSocketNotifier::Read, this, end);
    else if (descriptor == -1)      // what it said last is read only after it has ended
        QMetaObject::invokeMethod(this, end, Qt::QueuedConnection);
}

void PythonClients::forget(const Key &key)
{
    const auto gone = m_processes.extract(key);
    if (gone)
        Q_EMIT ended(gone.mapped().references);
}

} // namespace aio_detail

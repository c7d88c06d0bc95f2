// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aiotaskhistory_p.h"

#include "platform/rawclock.h"
#include "process/aioregistry_p.h"

#include <algorithm>

namespace aio_detail {

namespace {
constexpr qsizetype mostResultBytes = 4096;
constexpr qsizetype mostLines = 50;          // of a task
constexpr qsizetype mostLetters = 4096;
}

void TaskHistory::setCapacity(int tasks)
{
    const std::lock_guard lock(m_mutex);
    m_capacity = tasks;
    if (tasks == 0) {
        m_entries.clear();
        m_running.clear();
        m_ended.clear();
    }
    forgetSome();
}

QString TaskHistory::nameOf(const QByteArray &function)
{
    QString &name = m_names[function];
    if (name.isEmpty())
        name = displayNameOf(QString::fromUtf8(function));
    return name;
}

// The task \a index of \a job, which is new if it was not told that it began.
TaskHistory::Entries::iterator TaskHistory::running(const PoolJob &job, quint32 index)
{
    const quint64 id = job.firstId + index;
    const auto known = m_running.constFind(id);
    if (known != m_running.constEnd())
        return *known;
    const auto entry = m_entries.emplace(m_entries.end());
    entry->info.id = id;
    entry->info.order = ++m_order;
    entry->info.function = nameOf(job.function);
    m_running.insert(id, entry);
    return entry;
}

void TaskHistory::end(Entries::iterator entry, AioTaskInfo::State state)
{
    entry->info.state = state;
    entry->ended = ++m_lastEnded;
    m_running.remove(entry->info.id);
    m_ended.push_back(entry);
    forgetSome();
}

void TaskHistory::forgetSome()
{
    for (; qsizetype(m_ended.size()) > capacity(); m_ended.pop_front())
        m_entries.erase(m_ended.front());
}

void TaskHistory::started(const PoolJob &job, quint32 index, int attempt, qint64 worker)
{
    const std::lock_guard lock(m_mutex);
    if (!isOn())
        return;
    const auto entry = running(job, index);
    entry->info.attempt = attempt;
    entry->info.worker = worker;
    entry->startedAt = aio_raw::now();
}

void TaskHistory::progressed(const PoolJob &job, quint32 index, int value, int maximum, const QString &text)
{
    const std::lock_guard lock(m_mutex);
    if (!isOn())
        return;
    const auto entry = running(job, index);
    entry->info.value = value;
    entry->info.maximum = maximum;
    entry->info.text = text;
}

void TaskHistory::logged(const PoolJob &job, quint32 index, const QString &line, qint64 lost)
{
    const std::lock_guard lock(m_mutex);
    if (!isOn())
        return;
    const auto entry = running(job, index);
    entry->info.logged += lost + (line.isNull() ? 0 : 1);
    if (line.isNull())
        return;
    QStringList &lines = entry->info.log;
    lines.append(line);
    entry->letters += line.size();
    while (lines.size() > mostLines || (entry->letters > mostLetters && lines.size() > 1))
        entry->letters -= lines.takeFirst().size();
}

void TaskHistory::finished(const PoolJob &job, quint32 first, quint32 count, const PoolResults &results, const PoolTimes &times,
                           qint64 worker)
{
    const bool isSmall = results.buffers.isEmpty() && results.bytes.size() <= mostResultBytes * qsizetype(count);
    const QVariantList values = isSmall ? job.reply->variants(count, results) : QVariantList();
    const qint64 now = aio_raw::now();
    const std::lock_guard lock(m_mutex);
    if (!isOn())
        return;
    for (quint32 i = 0; i < count; ++i) {
        const auto entry = running(job, first + i);
        entry->info.worker = worker;
        entry->info.result = values.value(i);
        // the worker's clock knows better when it began
        const qint64 ran = times.items > 0 ? times.ran : entry->startedAt > 0 ? now - entry->startedAt : 0;
        entry->info.elapsed = std::chrono::nanoseconds(ran);
        end(entry, AioTaskInfo::Finished);
    }
}

void TaskHistory::failed(const PoolJob &job, quint32 index, const AioError &error)
{
    const std::lock_guard lock(m_mutex);
    if (!isOn())
        return;
    const auto entry = running(job, index);
    entry->info.error = error;
    if (entry->startedAt > 0)
        entry->info.elapsed = std::chrono::nanoseconds(aio_raw::now() - entry->startedAt);
    end(entry, error.code == AioError::Cancelled ? AioTaskInfo::Cancelled : AioTaskInfo::Failed);
}

QList<AioTaskInfo> TaskHistory::changedSince(quint64 &change, qsizetype most) const
{
    QList<AioTaskInfo> changed;
    {
        const std::lock_guard lock(m_mutex);
        const auto isBefore = [](quint64 number, const Entries::iterator &entry) { return number < entry->ended; };
        const auto first = std::upper_bound(m_ended.cbegin(), m_ended.cend(), change, isBefore);
        const auto end = m_ended.cend() - first > most ? first + most : m_ended.cend();
        changed.reserve(end - first + m_running.size());
        for (auto entry = first; entry != end; ++entry)
            changed.append((*entry)->info);
        if (first != end)
            change = (*std::prev(end))->ended;
        const qint64 now = aio_raw::now();
        for (const Entries::iterator &entry : m_running) {
            changed.append(entry->info);
            if (entry->startedAt > 0)
                changed.last().elapsed = std::chrono::nanoseconds(now - entry->startedAt);
        }
    }
    std::sort(changed.begin(), changed.end(), [](const AioTaskInfo &a, const AioTaskInfo &b) { return a.order < b.order; });
    return changed;
}

} // namespace aio_detail

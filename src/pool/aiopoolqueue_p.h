// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "pool/aiolocalworker_p.h"

#include <deque>
#include <functional>
#include <map>
#include <vector>

namespace aio_detail {

/* What waits for a worker: by priority, and in order. */
class PoolQueue
{
public:
    bool isEmpty() const { return m_items == 0; }
    qint64 items() const { return m_items; }

    void append(const PoolRange &range)
    {
        m_ranges[range.job->priority].push_back(range);
        m_items += range.count;
    }
    /* Puts what was taken back in front of all of its priority. */
    void prepend(const PoolRange &range)
    {
        m_ranges[range.job->priority].push_front(range);
        m_items += range.count;
    }
    const PoolRange &first() const { return m_ranges.begin()->second.front(); }
    /* The first \a count items of first(), which has as many. */
    PoolRange take(quint32 count)
    {
        std::deque<PoolRange> &ranges = m_ranges.begin()->second;
        PoolRange taken = ranges.front();
        taken.count = count;
        m_items -= count;
        ranges.front().first += count;
        if ((ranges.front().count -= count) == 0)
            ranges.pop_front();
        if (ranges.empty())
            m_ranges.erase(m_ranges.begin());
        return taken;
    }
    /* Takes out what belongs to \a job; null: all. */
    std::vector<PoolRange> takeAll(const PoolJobPtr &job = {})
    {
        std::vector<PoolRange> taken;
        for (auto level = m_ranges.begin(); level != m_ranges.end();) {
            std::erase_if(level->second, [&](const PoolRange &range) {
                if (job && range.job != job)
                    return false;
                m_items -= range.count;
                taken.push_back(range);
                return true;
            });
            level = level->second.empty() ? m_ranges.erase(level) : std::next(level);
        }
        return taken;
    }

private:
    std::map<int, std::deque<PoolRange>, std::greater<>> m_ranges;    // no deque is empty
    qint64 m_items = 0;
};

} // namespace aio_detail

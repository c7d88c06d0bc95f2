// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/aiolocalwait_p.h"

#include <list>
#include <memory>

namespace aio_detail {

/* Those of one thread who wait for the same thing, in order. */
class Line
{
public:
    bool isEmpty() const { return m_places.empty(); }
    /* What those in the line wait for in between; completed when it is somebody else's turn, or there is news. */
    const std::shared_ptr<LocalWaits> &waits() const { return m_waits; }
    void callAll() const { m_waits->completeAll(); }
    /* From the event loop itself, see LocalWaits. */
    void callAllNow() const { m_waits->completeAllNow(); }

private:
    friend class Turn;
    std::list<int> m_places;
    const std::shared_ptr<LocalWaits> m_waits = std::make_shared<LocalWaits>();
};

/* A place in a line, as long as it lives. */
class Turn
{
public:
    explicit Turn(Line &line) : m_line(line), m_place(line.m_places.insert(line.m_places.end(), 0)) {}
    ~Turn()
    {
        m_line.m_places.erase(m_place);
        m_line.callAll();
    }
    Q_DISABLE_COPY_MOVE(Turn)

    bool hasCome() const { return m_place == m_line.m_places.begin(); }

private:
    Line &m_line;
    const std::list<int>::iterator m_place;
};

} // namespace aio_detail

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiotest.h"

#include <aioprocessing/aioevent.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotask.h>

#include <csignal>
#include <functional>
#include <memory>
#include <random>
#include <vector>

/* Kills the processes that do calls, one after the other, or stops them for a moment. */
class Weather
{
public:
    using Start = std::function<AioCall()>;

    Weather() : m_seed(qEnvironmentVariableIsSet("AIO_TEST_SEED") ? unsigned(qEnvironmentVariableIntValue("AIO_TEST_SEED"))
                                                                  : std::random_device{}()),
          m_random(m_seed)
    {
        qInfo() << "seed" << m_seed;
    }

    void add(Start call) { m_places.push_back({std::move(call), nullptr, 0}); }
    int kills() const { return m_kills; }
    int killsOf(std::size_t place) const { return m_places[place].kills; }

    QCoro::Task<> blow(std::chrono::seconds time)
    {
        for (Place &place : m_places)
            start(place);
        const QDeadlineTimer end(time);
        while (!end.hasExpired()) {
            const auto pause = AioTest::scaled(std::chrono::milliseconds(20 + m_random() % 100));      // who starts slowly lives longer
            co_await m_never.coro_wait(QDeadlineTimer(pause));
            Place &place = m_places[m_random() % m_places.size()];
            if (!place.process->isAlive()) {
                start(place);           // it has come to its end
            } else if (m_random() % 5 == 0) {
                ::kill(pid_t(place.process->pid()), SIGSTOP);
                co_await m_never.coro_wait(QDeadlineTimer(std::chrono::milliseconds(20)));
                ::kill(pid_t(place.process->pid()), SIGCONT);
            } else {
                place.process->kill();
                ++m_kills;
                ++place.kills;
                co_await place.process->coro_join();
                start(place);
            }
        }
    }

    QCoro::Task<> killAll()
    {
        for (Place &place : m_places) {
            place.process->kill();
            co_await place.process->coro_join();
        }
    }

    QCoro::Task<> joinAll()
    {
        for (Place &place : m_places)
            co_await place.process->coro_join();
    }

private:
    struct Place
    {
        Start call;
        std::unique_ptr<AioProcess> process;
        int kills;
    };

    void start(Place &place)
    {
        place.process = std::make_unique<AioProcess>(place.call());
        place.process->start();
    }

    const unsigned m_seed;
    std::mt19937 m_random;
    std::vector<Place> m_places;
    AioEvent m_never;
    int m_kills = 0;
};

/* Longer where processes start slowly: in a moment nobody would meet. */
inline std::chrono::seconds stormTime()
{
    const auto least = std::chrono::duration_cast<std::chrono::seconds>(AioTest::scaled(std::chrono::seconds(3)));
    return std::max(least, std::chrono::seconds(qEnvironmentVariableIntValue("AIO_TEST_STORM_SECONDS")));
}

// No check of the loop: it waits for its turn at a processor, and all of these are busy.
inline void runInStorm(const std::function<QCoro::Task<>()> &body)
{
    AioTest::run(body, AioTest::LoopMayBlock, stormTime() + std::chrono::seconds(20));
}

/* Whether a minute would have brought a million acquisitions and 500 kills. A short storm says little: most of it is the start. */
inline bool isStorm(quint64 acquisitions, int kills)
{
    const double minutes = double(stormTime().count()) / 60;
    const double expected = minutes < 1 ? 0 : minutes / AioTest::timeScale();
    return acquisitions > 0 && double(acquisitions) >= expected * 1'000'000 && kills >= expected * 500;
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "base/aioapplicationend_p.h"

#include <QCoreApplication>

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace aio_detail {

namespace {

struct Ends
{
    std::mutex mutex;
    std::condition_variable called;
    std::list<ApplicationEnd *> all;
    ApplicationEnd *current = nullptr;      // its function is called just now, by `caller`
    std::thread::id caller;
    bool isHooked = false;
};

// Never destroyed: what is static may use it at the very end.
Ends &ends()
{
    static auto *instance = new Ends;
    return *instance;
}

} // namespace

ApplicationEnd::ApplicationEnd(std::function<void()> end) : m_end(std::move(end))
{
    Ends &all = ends();
    const std::lock_guard lock(all.mutex);
    all.all.push_back(this);
    if (!std::exchange(all.isHooked, true))
        qAddPostRoutine(&ApplicationEnd::callAll);
}

ApplicationEnd::~ApplicationEnd()
{
    Ends &all = ends();
    std::unique_lock lock(all.mutex);
    all.all.remove(this);
    all.called.wait(lock, [&] { return all.current != this || all.caller == std::this_thread::get_id(); });
}

void ApplicationEnd::callAll()
{
    Ends &all = ends();
    std::unique_lock lock(all.mutex);
    all.isHooked = false;       // there may be another application object
    all.caller = std::this_thread::get_id();
    while (!all.all.empty()) {
        all.current = all.all.back();
        all.all.pop_back();
        const std::function<void()> end = all.current->m_end;       // which may destroy it
        lock.unlock();
        end();
        lock.lock();
        all.current = nullptr;
        all.called.notify_all();
    }
}

} // namespace aio_detail

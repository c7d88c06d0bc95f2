// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <string>
#include <vector>

/*
 * The descriptors by which others see that this process lives, in the generic backend: its lock, the socket at which they
 * connect, and their connections. They must end when it does, so a child that is forked from it closes them.
 */
namespace aio_raw {

/* Where others connect to hear of the end of the process whose home that is. */
inline std::string lifePath(const std::string &home) { return home + "/life"; }

class LifeSigns
{
public:
    static LifeSigns &instance() noexcept;

    void show(int lock, int listener) noexcept;
    /*
     * Keeps those who have connected, as long as they live: to them the end of a connection is the end of this process. Those for
     * whom there is no descriptor hear of it all the same.
     */
    void accept() noexcept;
    /* The descriptors that are readable when somebody connects or has ended: call accept(). */
    std::vector<int> watched() noexcept;

private:
    LifeSigns() noexcept;

    std::mutex m_mutex;
    int m_lock = -1;
    int m_listener = -1;
    bool m_isExhausted = false;         // there was no descriptor for the last one who came
    std::vector<int> m_connections;
};

} // namespace aio_raw

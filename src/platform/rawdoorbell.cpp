// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawdoorbell.h"

#include <atomic>
#include <unistd.h>
#include <utility>

namespace aio_raw {

unsigned newDoorbellNumber() noexcept
{
    static std::atomic<unsigned> last = ArrivalsDoorbell;
    return ++last;
}

std::string doorbellPath(const std::string &home, unsigned number)
{
    return home + "/bell-" + std::to_string(number);
}

void RawDoorbell::close() noexcept
{
    if (m_descriptor < 0)
        return;
    ::close(std::exchange(m_descriptor, -1));
    if (::getpid() == m_pid)
        ::unlink(m_path.c_str());
}

} // namespace aio_raw

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

namespace aio_detail {

/* A stop token as a descriptor that becomes readable; none for a token that cannot stop. */
class StopDescriptor
{
public:
    /* Throws AioException (OutOfResources). */
    explicit StopDescriptor(const std::stop_token &stop);
    ~StopDescriptor();
    StopDescriptor(const StopDescriptor &) = delete;
    StopDescriptor &operator=(const StopDescriptor &) = delete;

    int descriptor() const { return m_ends[0]; }

private:
    int m_ends[2] = {-1, -1};       // of a pipe
    std::optional<std::stop_callback<std::function<void()>>> m_callback;
};

} // namespace aio_detail

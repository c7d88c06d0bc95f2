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

    int descriptor() const { return m_descriptor; }

private:
    int m_descriptor = -1;
    std::optional<std::stop_callback<std::function<void()>>> m_callback;
};

} // namespace aio_detail

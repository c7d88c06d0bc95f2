// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>

class QSocketNotifier;

// Calls a function from the event loop when Ctrl-C is pressed or the program is to terminate.
class InterruptHandler
{
public:
    explicit InterruptHandler(std::function<void()> onInterrupt);
    ~InterruptHandler();

    /*! The signal that came; 0: none. */
    int signalNumber() const;

private:
    std::unique_ptr<QSocketNotifier> m_notifier;
};

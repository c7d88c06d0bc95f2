// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "signals.h"

#include <QSocketNotifier>

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace {

int s_pipe[2] = {-1, -1};
volatile std::sig_atomic_t s_signal = 0;

void onSignal(int number)
{
    s_signal = number;
    [[maybe_unused]] const ssize_t written = ::write(s_pipe[1], "", 1);
}

} // namespace

InterruptHandler::InterruptHandler(std::function<void()> onInterrupt)
{
    if (::pipe2(s_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    m_notifier = std::make_unique<QSocketNotifier>(s_pipe[0], QSocketNotifier::Read);
    QObject::connect(m_notifier.get(), &QSocketNotifier::activated, [notifier = m_notifier.get(), onInterrupt = std::move(onInterrupt)] {
        notifier->setEnabled(false);
        onInterrupt();
    });
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
}

InterruptHandler::~InterruptHandler()
{
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
}

int InterruptHandler::signalNumber() const
{
    return s_signal;
}

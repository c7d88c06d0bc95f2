// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiotest.h"

#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotask.h>
#include <aioprocessing/aioworker.h>

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QElapsedTimer>
#include <QFile>
#include <QTest>
#include <QTimer>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Watches a process that need not be a child. */
class PidWatch
{
public:
    explicit PidWatch(qint64 pid) : m_descriptor(int(::syscall(SYS_pidfd_open, pid_t(pid), 0))) {}
    ~PidWatch() { ::close(m_descriptor); }
    PidWatch(const PidWatch &) = delete;
    PidWatch &operator=(const PidWatch &) = delete;

    bool isOpen() const { return m_descriptor >= 0; }
    bool endsWithin(int ms) const
    {
        pollfd entry{m_descriptor, POLLIN, 0};
        const QDeadlineTimer deadline(ms);
        int count;
        do
            count = m_descriptor < 0 ? 1 : ::poll(&entry, 1, int(deadline.remainingTime()));
        while (count < 0 && errno == EINTR);
        return count > 0;
    }

private:
    int m_descriptor;
};

/* The state letter of a process as /proc has it; 0: there is none. */
inline char processState(qint64 pid)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = file.readAll();
    return text.mid(text.lastIndexOf(')') + 2, 1).at(0);
}

/* Whether this process has no child, not even a zombie. Reaps nothing. */
inline bool hasNoChild()
{
    siginfo_t info;
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1;
}

/* The memory of this process in KiB. Always 0 with AddressSanitizer, which keeps what was freed. */
inline qint64 residentKiB()
{
#if defined(__SANITIZE_ADDRESS__)
    return 0;
#else
    QFile file(QStringLiteral("/proc/self/status"));
    file.open(QIODevice::ReadOnly);
    const QByteArray text = file.readAll();
    return text.mid(text.indexOf("\nVmRSS:") + 7).trimmed().split(' ').first().toLongLong();
#endif
}

/* Prints a handshake line that AioProcess::outputLine() or a pipe brings to whoever waits for it. */
inline void say(const char *line)
{
    std::printf("%s\n", line);
    std::fflush(stdout);
}

/* The error that \a call throws. */
template<class Call>
AioError errorOf(Call call)
{
    try {
        call();
    } catch (const AioException &e) {
        return e.error();
    }
    return {};
}

/* As AIO_TEST_MAIN; \a before may end the program with an exit code of 0 or more. */
#define PROCESS_TEST_MAIN(Class, before) \
    int main(int argc, char **argv) \
    { \
        const int code = before(argc, argv); \
        if (code >= 0) \
            return code; \
        if (AioProcessing::isWorker(argc, argv)) \
            return AioProcessing::runWorker(argc, argv); \
        return AioTest::main<Class>(argc, argv); \
    }

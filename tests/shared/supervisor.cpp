// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "supervisor.h"

#include "backend.h"
#include "inventory.h"
#include "losttime.h"
#include "timescale.h"

#include <QDir>
#include <QFile>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace AioTest {
namespace {

using namespace std::chrono_literals;

// What ends, ends by itself, but not at once: looks until there is nothing, or for some seconds.
QStringList whatStays(const std::function<QStringList()> &look)
{
    const auto end = std::chrono::steady_clock::now() + scaled(3s);
    QStringList found = look();
    while (!found.isEmpty() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(5ms);
        found = look();
    }
    return found;
}

bool report(const char *what, const QStringList &found)
{
    for (const QString &item : found)
        std::fprintf(stderr, "LEAK: %s: %s\n", what, qPrintable(item));
    return found.isEmpty();
}

int waitFor(pid_t pid)
{
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) { }
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    std::fprintf(stderr, "the suite was killed by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    return 128 + WTERMSIG(status);
}

QStringList orphans()
{
    while (::waitpid(-1, nullptr, WNOHANG) > 0) { }
    return childProcesses();
}

void killOrphans(const QStringList &found)
{
    for (const QString &orphan : found)
        ::kill(orphan.section(QLatin1Char(' '), 0, 0).toInt(), SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0) { }
}

volatile pid_t s_suite = 0;
void passOn(int signal)
{
    ::kill(s_suite, signal);
}

} // namespace

int supervise(const std::function<int()> &suite)
{
    if (qEnvironmentVariableIntValue("AIO_TEST_UNSUPERVISED"))
        return suite();

    QByteArray directory = QFile::encodeName(QDir::tempPath()) + "/aio-test-XXXXXX";
    if (!::mkdtemp(directory.data())) {
        std::perror("test kit: cannot make a runtime directory");
        return EXIT_FAILURE;
    }
    qputenv("AIOPROCESSING_RUNTIME_DIR", directory);
    // Where that is allowed, what other programs leave in the system is out of sight; else what they leave just now counts as ours.
    ::unshare(CLONE_NEWIPC);
    const QStringList ipcBefore = orphanedIpc();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);     // orphans of the suite become children of this process

    prepareToWatchMachine();
    const pid_t supervisor = ::getpid();
    s_suite = ::fork();
    if (s_suite == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        return ::getppid() == supervisor ? suite() : EXIT_FAILURE;
    }
    watchMachine();
    std::signal(SIGINT, &passOn);
    std::signal(SIGTERM, &passOn);
    const int exitCode = waitFor(s_suite);

    const QStringList processes = whatStays(&orphans);
    killOrphans(processes);
    const auto files = [&directory] { return additional(filesBelow(QFile::decodeName(directory)), {QStringLiteral("lock")}); };
    const auto ipc = [&ipcBefore] { return additional(orphanedIpc(), ipcBefore); };
    bool clean = report("a process of the suite still runs", processes);
    clean &= report("left in the runtime directory", whatStays(files));
    clean &= report("left in the system", whatStays(ipc));
    QDir(QFile::decodeName(directory)).removeRecursively();
    return exitCode != 0 || clean ? exitCode : EXIT_FAILURE;
}

// -- LeakCheck

struct LeakCheck::State
{
    inline static const QString PoolThread = QStringLiteral("Thread (pooled)");
    const QStringList descriptorsBefore = openDescriptors();
    const QStringList threadsBefore = threads();

    // What the library keeps until the process ends: its locked entries in the runtime directory, one watcher of other
    // processes (an epoll descriptor and, without event loop, a thread), and idle threads of its pool. The generic backend has
    // sockets, whose targets say nothing: for each thread that has slept, and four for the process.
    QStringList moreDescriptors() const
    {
        QStringList more = additional(openDescriptors(), descriptorsBefore);
        const QString runtimeDirectory = qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR") + QLatin1Char('/');
        more.removeIf([&](const QString &target) { return target.startsWith(runtimeDirectory); });
        more.removeOne(QStringLiteral("anon_inode:[eventpoll]"));
        if (!hasLinuxBackend()) {
            const auto isSocket = [](const QString &target) { return target.startsWith(QLatin1String("socket:")); };
            for (qsizetype i = 4 + threads().size(); i > 0; --i) {
                if (const auto socket = std::find_if(more.cbegin(), more.cend(), isSocket); socket != more.cend())
                    more.erase(socket);
            }
        }
        for (qsizetype i = threads().count(PoolThread); i > 0; --i)
            more.removeOne(QStringLiteral("anon_inode:[eventfd]"));     // of the thread's event dispatcher
        return more;
    }
    QStringList moreThreads() const
    {
        QStringList more = additional(threads(), threadsBefore);
        more.removeAll(PoolThread);
        more.removeAll(QStringLiteral("aio-watchdog"));
        more.removeOne(QStringLiteral("aio-monitor"));
        return more;
    }
};

LeakCheck::LeakCheck() : m_state(new State) {}

LeakCheck::~LeakCheck()
{
    delete m_state;
}

bool LeakCheck::nothingLeaked()
{
    bool clean = report("a child process still runs", whatStays(&childProcesses));
    clean &= report("a thread still runs", whatStays([this] { return m_state->moreThreads(); }));
    clean &= report("a descriptor is still open", whatStays([this] { return m_state->moreDescriptors(); }));
    return clean;
}

} // namespace AioTest

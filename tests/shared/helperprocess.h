// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QByteArray>
#include <QList>

#include <sys/types.h>

/*
 * This test program once more, in a role of its own (AIO_TEST_ROLE), for tests across a real process boundary. The two talk
 * in lines: what the helper prints to its standard output arrives here, what is sent arrives at its standard input. A test
 * waits for a line, never for time. The calls that wait block, for as long as the Watchdog of the test allows.
 *
 * The helper dies with the thread that made it.
 */
class HelperProcess
{
public:
    explicit HelperProcess(const char *role, const QList<QByteArray> &arguments = {});
    /* Kills it if it still runs. */
    ~HelperProcess();
    HelperProcess(const HelperProcess &) = delete;
    HelperProcess &operator=(const HelperProcess &) = delete;

    pid_t pid() const { return m_pid; }
    /* Becomes readable when there is a line; for a QSocketNotifier. */
    int descriptor() const { return m_socket; }

    /* The next line, without its end; null: the helper has closed its output. */
    QByteArray readLine();
    /* Waits for \a line, printing others to stderr. False: the helper has closed its output. */
    bool waitForLine(const QByteArray &line);
    void send(const QByteArray &line);
    /* The helper's hear() finds the end from now on. */
    void closeInput();

    /* Sends SIGSTOP and waits until the helper has stopped. False: it ended instead. */
    bool stop();
    /* Waits until the helper has stopped itself, at a fault point say. False: it ended instead. */
    bool waitForStop();
    void cont();
    /* Sends SIGKILL and waits for the end. True: that is what it died of. */
    bool kill();
    /* Waits for the end: the exit code, or minus the number of the signal that it died of. */
    int waitForEnd();

private:
    const QByteArray m_role;
    pid_t m_pid = -1;
    int m_socket = -1;
    QByteArray m_received;
    bool m_hasEnded = false;
    int m_exitCode = 0;
};

namespace AioTest {

using Role = int (*)(int &argc, char **argv);

struct RoleRegistration
{
    RoleRegistration(const char *name, Role role);
};

/* In a helper: prints a line for the test that started it. */
void say(const QByteArray &line);
/* In a helper: waits for a line from there; null: the test has closed the helper's input or is gone. */
QByteArray hear();

/* Runs the role that the command line asks for and returns its exit code in \a exitCode; false: it asks for none. */
bool runRole(int argc, char **argv, int *exitCode);

} // namespace AioTest

/* The body of a helper's main(), with argc and argv (the role's arguments are argv[1] and following). */
#define AIO_TEST_ROLE(name) \
    static int aioTestRole_##name(int &argc, char **argv); \
    static const AioTest::RoleRegistration aioTestRoleRegistration_##name(#name, &aioTestRole_##name); \
    static int aioTestRole_##name([[maybe_unused]] int &argc, [[maybe_unused]] char **argv)

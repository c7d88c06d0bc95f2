// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "helperprocess.h"

#include "watchdog.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <spawn.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

[[noreturn]] void fail(const char *what)
{
    std::fprintf(stderr, "test kit: %s: %s\n", what, std::strerror(errno));
    std::abort();
}

QByteArray ownProgram()
{
    char path[4096];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    return size > 0 ? QByteArray(path, qsizetype(size)) : QByteArray();
}

void writeAll(int descriptor, const QByteArray &text)
{
    for (qsizetype done = 0; done < text.size();) {
        // a socket in the test, whatever there is in a helper: no SIGPIPE where it can be had
        ssize_t count = ::send(descriptor, text.constData() + done, size_t(text.size() - done), MSG_NOSIGNAL);
        if (count < 0 && errno == ENOTSOCK)
            count = ::write(descriptor, text.constData() + done, size_t(text.size() - done));
        if (count < 0 && errno != EINTR)
            return;
        done += std::max<ssize_t>(count, 0);
    }
}

// One line, null at the end. \a buffer keeps what came after it.
QByteArray readLineFrom(int descriptor, QByteArray &buffer)
{
    for (;;) {
        const qsizetype end = buffer.indexOf('\n');
        if (end >= 0) {
            const QByteArray line = buffer.left(end);
            buffer.remove(0, end + 1);
            return line.isNull() ? QByteArray("") : line;
        }
        char bytes[512];
        const ssize_t count = ::read(descriptor, bytes, sizeof bytes);
        if (count > 0)
            buffer.append(bytes, qsizetype(count));
        else if (count == 0 || errno != EINTR)
            return {};
    }
}

int waitFor(pid_t pid, int options)
{
    int status = 0;
    while (::waitpid(pid, &status, options) < 0) {
        if (errno != EINTR)
            fail("cannot wait for a helper");
    }
    return status;
}

} // namespace

HelperProcess::HelperProcess(const char *role, const QList<QByteArray> &arguments) : m_role(role)
{
    int sockets[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        fail("cannot make a socket pair");
    m_socket = sockets[0];

    const QByteArray program = ownProgram();
    const QByteArray parent = QByteArray::number(::getpid());
    std::vector<char *> argv;
    for (const QByteArray *argument : std::initializer_list<const QByteArray *>{&program, &parent, &m_role})
        argv.push_back(const_cast<char *>(argument->constData()));
    argv.insert(argv.begin() + 1, const_cast<char *>("--role"));
    for (const QByteArray &argument : arguments)
        argv.push_back(const_cast<char *>(argument.constData()));
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, sockets[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, sockets[1], STDOUT_FILENO);
    errno = posix_spawn(&m_pid, program.constData(), &actions, nullptr, argv.data(), environ);
    if (errno != 0)
        fail("cannot start a helper");
    posix_spawn_file_actions_destroy(&actions);
    ::close(sockets[1]);
}

HelperProcess::~HelperProcess()
{
    if (!m_hasEnded)
        kill();
    ::close(m_socket);
}

QByteArray HelperProcess::readLine()
{
    return readLineFrom(m_socket, m_received);
}

bool HelperProcess::waitForLine(const QByteArray &line)
{
    for (QByteArray received = readLine(); !received.isNull(); received = readLine()) {
        if (received == line)
            return true;
        std::fprintf(stderr, "helper %s: %s\n", m_role.constData(), received.constData());
    }
    std::fprintf(stderr, "helper %s ended without saying \"%s\"\n", m_role.constData(), line.constData());
    return false;
}

void HelperProcess::send(const QByteArray &line)
{
    writeAll(m_socket, line + '\n');
}

void HelperProcess::closeInput()
{
    ::shutdown(m_socket, SHUT_WR);
}

bool HelperProcess::stop()
{
    return !m_hasEnded && ::kill(m_pid, SIGSTOP) == 0 && waitForStop();
}

bool HelperProcess::waitForStop()
{
    if (m_hasEnded)
        return false;
    const int status = waitFor(m_pid, WUNTRACED);
    if (WIFSTOPPED(status))
        return true;
    m_hasEnded = true;
    m_exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return false;
}

void HelperProcess::cont()
{
    if (!m_hasEnded)
        ::kill(m_pid, SIGCONT);
}

bool HelperProcess::kill()
{
    if (!m_hasEnded)
        ::kill(m_pid, SIGKILL);
    return waitForEnd() == -SIGKILL;
}

int HelperProcess::waitForEnd()
{
    if (!m_hasEnded) {
        const int status = waitFor(m_pid, 0);
        m_hasEnded = true;
        m_exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    return m_exitCode;
}

// -- in the helper

namespace AioTest {
namespace {

std::map<std::string, Role> &roles()
{
    static std::map<std::string, Role> map;
    return map;
}

} // namespace

RoleRegistration::RoleRegistration(const char *name, Role role)
{
    roles()[name] = role;
}

void say(const QByteArray &line)
{
    writeAll(STDOUT_FILENO, line + '\n');
}

QByteArray hear()
{
    static QByteArray buffer;
    return readLineFrom(STDIN_FILENO, buffer);
}

// program --role PARENT NAME arguments...
bool runRole(int argc, char **argv, int *exitCode)
{
    if (argc < 4 || std::strcmp(argv[1], "--role") != 0)
        return false;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != std::atoi(argv[2]))
        ::_exit(EXIT_FAILURE);      // the test was gone before
    const auto role = roles().find(argv[3]);
    if (role == roles().end()) {
        std::fprintf(stderr, "test kit: there is no role \"%s\"\n", argv[3]);
        *exitCode = EXIT_FAILURE;
        return true;
    }
    const Watchdog watchdog(argv[3], std::chrono::seconds(60));
    int roleArgc = argc - 3;
    argv[3] = argv[0];
    *exitCode = role->second(roleArgc, argv + 3);
    return true;
}

} // namespace AioTest

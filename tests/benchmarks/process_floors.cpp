// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process_floors.h"

#include "benchmark.h"

#include <QCoreApplication>
#include <QFile>

#include <cstring>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace Benchmark {

namespace {

constexpr const char *zygoteArgument = "--zygote";

int spawn(const QByteArray &program, const QByteArrayList &arguments, int kept = -1)
{
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    if (kept >= 0)
        ::posix_spawn_file_actions_adddup2(&actions, kept, STDIN_FILENO);
    std::vector<char *> texts{const_cast<char *>(program.constData())};
    for (const QByteArray &argument : arguments)
        texts.push_back(const_cast<char *>(argument.constData()));
    texts.push_back(nullptr);
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, program.constData(), &actions, nullptr, texts.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error)
        throw std::runtime_error(std::strerror(error));
    return pid;
}

} // namespace

QString staticProgram()
{
    return QStringLiteral(AIO_STATIC_PROGRAM);
}

bool runStaticProgram()
{
    int status = 1;
    const int pid = spawn(QFile::encodeName(staticProgram()), {});
    return ::waitpid(pid, &status, 0) == pid && status == 0;
}

Zygote::Zygote(Kind kind)
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::runtime_error("socketpair");
    m_pid = spawn(QFile::encodeName(QCoreApplication::applicationFilePath()),
                  {zygoteArgument, kind == WithApplication ? "qcore" : "plain"}, ends[1]);
    m_socket = ends[0];
    ::close(ends[1]);
}

Zygote::~Zygote()
{
    ::close(m_socket);
    ::waitpid(m_pid, nullptr, 0);
}

bool Zygote::startAndJoin()
{
    char status = 'x';
    return ::write(m_socket, "f", 1) == 1 && ::read(m_socket, &status, 1) == 1 && status == 0;
}

bool Zygote::isOne(int argc, char **argv)
{
    return argc > 2 && std::strcmp(argv[1], zygoteArgument) == 0;
}

int Zygote::serve(int argc, char **argv)
{
    const bool withApplication = std::strcmp(argv[2], "qcore") == 0;
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) == 1) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (withApplication)
                const QCoreApplication app(argc, argv);
            return 0;    // as a worker leaves, by way of main()
        }
        int status = 1;
        ::waitpid(child, &status, 0);
        byte = char(status != 0);
        if (::write(STDIN_FILENO, &byte, 1) != 1)
            return 1;
    }
    return 0;
}

} // namespace Benchmark

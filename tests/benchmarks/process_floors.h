// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QString>

namespace Benchmark {

/* A program without any library that does nothing. */
QString staticProgram();
/* The least that a start of it costs: posix_spawn() and waitpid(). */
bool runStaticProgram();

/*
 * The floor of fork servers: this program without an application object, which forks for each byte that it reads, waits for the end of
 * the child and writes a byte.
 */
class Zygote
{
public:
    enum Kind { Plain, WithApplication };

    explicit Zygote(Kind kind);
    ~Zygote();
    Q_DISABLE_COPY_MOVE(Zygote)

    bool startAndJoin();

    // in main()
    static bool isOne(int argc, char **argv);
    static int serve(int argc, char **argv);

private:
    int m_pid = 0;
    int m_socket = -1;
};

} // namespace Benchmark

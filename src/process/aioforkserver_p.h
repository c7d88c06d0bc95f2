// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/rawforkserver.h"

#include <QByteArray>
#include <QByteArrayList>
#include <QMutex>

#include <optional>

namespace aio_detail {

/* The one argument of the fork server's command line: the numbers of the two descriptors that it inherits. */
struct ForkServerArgument
{
    int control = -1;
    int lifeline = -1;

    /* "--aioprocessing-fork-server=17:19" */
    QByteArray toText() const;
    static std::optional<ForkServerArgument> find(int argc, const char *const *argv, int *index = nullptr);
};

/*
 * The fork server of this process, for all its threads. It is started when it is first needed and again when it has ended, or when
 * this process has changed its environment or the program of its workers, so that workers find what they would find if
 * they were spawned. It is not run through QProcess, which would belong to the thread that happened to start it.
 */
class ForkServer
{
public:
    static ForkServer &instance();

    /* Asks for a worker, without waiting: the pid of the server. 0: it takes none now, or cannot be started; spawn it then. */
    int request(const aio_raw::ForkRequest &request);
    /* The server \a pid does not answer and is killed. Whoever else waits for an answer hears of it and asks the next one. */
    void giveUp(int pid);
    /* Ends it. The workers go on. */
    void stop();
    /* 0: there is none. */
    qint64 pid();

private:
    bool start(const QByteArrayList &command);
    void end();

    QMutex m_mutex;
    int m_pid = 0;
    int m_control = -1;
    int m_lifeline = -1;
    QByteArrayList m_command;        // the program and its arguments
    QByteArrayList m_environment;    // what it was started with
};

/*
 * While one of these lives, orphans of this process's descendants become its children, as a worker must that the fork server makes. Not for longer,
 * since it would also become the parent of what other programs leave behind, of which nobody takes note.
 */
class Adoption
{
public:
    Adoption();
    ~Adoption();
    Q_DISABLE_COPY_MOVE(Adoption)
};

/* Runs as fork server until its end; true in a worker, which \a request describes. An error says why it cannot be one. */
bool runForkServer(const ForkServerArgument &argument, aio_raw::ForkRequest &request);

} // namespace aio_detail

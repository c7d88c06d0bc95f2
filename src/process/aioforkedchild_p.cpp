// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioforkedchild_p.h"

#include "base/aioerrno_p.h"
#include "platform/rawprocess.h"
#include "process/aioforkserver_p.h"
#include "process/rawchannel.h"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/wait.h>
#include <utility>

namespace aio_detail {

ForkedChild::~ForkedChild()
{
    aio_raw::closeRequest(m_request);
}

bool ForkedChild::start(aio_raw::ForkRequest &request)
{
    m_request = request;
    if (!ask()) {
        m_request = {};
        return false;
    }
    request = {};
    m_state = Asked;
    return true;
}

bool ForkedChild::ask()
{
    aio_raw::SocketPair answer;
    m_server = 0;
    m_adoption.emplace();
    if (aio_raw::openSocketPair(answer)) {
        m_request.reply = answer.worker;
        m_server = ForkServer::instance().request(m_request);
    }
    m_request.reply = -1;
    aio_raw::closeDescriptor(answer.worker);    // the server and the worker have the only ones: when they are gone we hear of it
    if (m_server > 0) {
        m_answer.open(answer.parent, QSocketNotifier::Read, this, [this] { hearAnswer(); });
        return true;
    }
    aio_raw::closeDescriptor(answer.parent);
    m_adoption.reset();
    return false;
}

void ForkedChild::hearAnswer()
{
    if (m_state != Asked)
        return;
    aio_raw::ForkReply answer;
    switch (aio_raw::receiveForkReply(m_answer.get(), answer)) {
    case aio_raw::Received::Again:
        return;
    case aio_raw::Received::Gone:
        askAgain();
        return;
    case aio_raw::Received::Done:
        break;
    }
    m_answer.close();
    m_adoption.reset();
    if (answer.error)
        fail(codeOfErrno(answer.error), withErrnoText(QStringLiteral("the fork server cannot fork"), answer.error));
    else
        watch(answer.pid);
}

void ForkedChild::askAgain()
{
    m_answer.close();
    m_adoption.reset();
    if (m_pendingSignal == SIGKILL) {    // no worker, and none is wanted any more
        m_state = Ended;
        aio_raw::closeRequest(m_request);
        Q_EMIT ended(0, SIGKILL);
        return;
    }
    if (std::exchange(m_isAskedAgain, true) || !ask()) {
        fail(AioError::WorkerLost,
             QStringLiteral("the fork server ended before it had forked the worker, and so did the one after it. What it logs on "
                            "standard error may say why; AioContext::setStartMethod(AioContext::Spawn) does without it"));
    }
}

void ForkedChild::watch(qint64 pid)
{
    aio_raw::closeRequest(m_request);
    m_pid = pid;
    m_state = Forked;
    const int descriptor = aio_raw::openChild(std::int32_t(pid));
    if (descriptor < 0) {
        const int number = errno;
        ::kill(pid_t(pid), SIGKILL);
        while (::waitpid(pid_t(pid), nullptr, 0) < 0 && errno == EINTR) { }
        fail(codeOfErrno(number), withErrnoText(QStringLiteral("a worker cannot be watched"), number));
        return;
    }
    m_process.open(descriptor, QSocketNotifier::Read, this, [this] { hearEnd(); });
    if (m_pendingSignal) {
        signal(m_pendingSignal);
        signal(SIGCONT);
    }
    Q_EMIT executed();
}

void ForkedChild::hearEnd()
{
    if (m_state != Forked)
        return;
    int status = 0;
    pid_t result;
    do {
        result = ::waitpid(pid_t(m_pid), &status, WNOHANG);
    } while (result < 0 && errno == EINTR);
    if (result == 0)
        return;
    m_process.close();
    m_state = Ended;
    constexpr int unknown = 255;    // somebody in this process has taken the status, or has it ignore SIGCHLD
    if (result < 0)
        Q_EMIT ended(unknown, 0);
    else
        Q_EMIT ended(WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

void ForkedChild::fail(AioError::Code code, const QString &text)
{
    m_state = Ended;
    aio_raw::closeRequest(m_request);
    Q_EMIT failed(makeError(code, text, QStringLiteral("AioProcess::start")));
}

void ForkedChild::signal(int number)
{
    if (m_state == Forked)
        ::kill(pid_t(m_pid), number);
    else if (m_state == Asked && number != SIGCONT && m_pendingSignal != SIGKILL)
        m_pendingSignal = number;
}

void ForkedChild::giveUp()
{
    if (m_state == Asked)
        ForkServer::instance().giveUp(m_server);
    signal(SIGKILL);
}

int ForkedChild::descriptor() const
{
    return m_state == Asked ? m_answer.get() : m_process.get();
}

void ForkedChild::look(const QDeadlineTimer &)
{
    if (m_state == Asked)    // one thing at a time: who hears of the start must not hear of the end in the midst of it
        hearAnswer();
    else
        hearEnd();
}

bool ForkedChild::waitForEnd(const QDeadlineTimer &deadline)
{
    const QSignalBlocker quiet(this);
    look(deadline);
    while (isRunning() && !deadline.hasExpired()) {
        pollfd entry{descriptor(), POLLIN, 0};
        ::poll(&entry, 1, pollTime(deadline));
        look(deadline);
    }
    return !isRunning();
}

} // namespace aio_detail

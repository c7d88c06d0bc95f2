// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocall.h>
#include <aioprocessing/aioerror.h>

#include "process/aiobootstrap_p.h"
#include "process/rawframe.h"

#include <QByteArray>
#include <QVariant>

#include <optional>

namespace aio_detail {

/* The three descriptors that a worker has. A spawned one finds them in its command line. */
struct WorkerArgument
{
    int channel = -1;
    int lifeline = -1;
    int briefing = -1;

    /* "--aioprocessing-worker=17:19:20" */
    QByteArray toText() const;
    /* Looks through \a argv; \a index is where it was found. */
    static std::optional<WorkerArgument> find(int argc, const char *const *argv, int *index = nullptr);
};

/* The worker's side: blocking. The channel and the lifeline stay open until the process ends. */
class WorkerLink
{
public:
    explicit WorkerLink(const WorkerArgument &argument) : m_argument(argument) {}

    /*
     * Makes sure that the descriptors are what they should be, that children of this process do not inherit them, and that
     * the kernel kills this process when its parent ends. False: this is no worker after all.
     */
    bool open();

    /* The two parts of the briefing, in this order; it is closed then. Each returns an error with code NoError, or why not. */
    [[nodiscard]] AioError readBootstrap(Bootstrap &bootstrap);
    [[nodiscard]] AioError readCall(AioCall &call);

    void sendReady();
    /* An error when \a result cannot be sent; the parent has heard of it then. */
    [[nodiscard]] AioError sendResult(const QVariant &result);
    void sendError(const AioError &error);

private:
    [[nodiscard]] AioError read(aio_raw::FrameType type, QByteArray &body);
    void send(aio_raw::FrameType type, const QByteArray &body);

    WorkerArgument m_argument;
};

/* Appends a frame to \a frames; false: \a body is over the limit of its type. */
bool appendFrame(QByteArray &frames, aio_raw::FrameType type, const QByteArray &body);

} // namespace aio_detail

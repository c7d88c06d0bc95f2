// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiooutput_p.h"

#include "process/rawchannel.h"

#include <QPointer>

namespace aio_detail {

namespace {

constexpr qsizetype stepBytes = 64 * 1024;      // what a pipe holds
constexpr qsizetype mostBytes = 1024 * 1024;    // what a pipe may hold

} // namespace

bool OutputPipe::open(int &childEnd)
{
    aio_raw::SocketPair pipe;
    if (!aio_raw::openPipe(pipe, true)) {
        aio_raw::closeDescriptor(pipe.parent);
        aio_raw::closeDescriptor(pipe.worker);
        return false;
    }
    m_pipe.open(pipe.parent, QSocketNotifier::Read, this, [this] { read(); });
    childEnd = pipe.worker;
    return true;
}

void OutputPipe::read()
{
    readStep();
}

bool OutputPipe::readStep()
{
    if (!m_pipe.isOpen())
        return false;
    const QPointer<OutputPipe> self(this);
    QByteArray bytes(stepBytes, Qt::Uninitialized);
    std::size_t moved = 0;
    const aio_raw::Transfer outcome = aio_raw::readSome(m_pipe.get(), bytes.data(), std::size_t(stepBytes), moved);
    bytes.truncate(qsizetype(moved));
    m_cutter.add(bytes, [&](const QByteArray &text) {
        if (self)
            Q_EMIT self->line(text);
    });
    if (self && outcome == aio_raw::Transfer::Gone)
        close();
    return self && outcome == aio_raw::Transfer::Done;
}

void OutputPipe::finish()
{
    const QPointer<OutputPipe> self(this);
    for (qsizetype left = mostBytes; left > 0 && self && readStep(); left -= stepBytes) { }
    if (self)
        close();
}

void OutputPipe::close()
{
    m_pipe.close();
    const QPointer<OutputPipe> self(this);
    m_cutter.end([&](const QByteArray &text) { Q_EMIT self->line(text); });
}

} // namespace aio_detail

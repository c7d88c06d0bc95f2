// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioinput_p.h"

#include "process/rawchannel.h"

#include <QPointer>

#include <utility>

namespace aio_detail {

bool InputPipe::open(int &childEnd)
{
    aio_raw::SocketPair pipe;
    if (!aio_raw::openPipe(pipe, false)) {
        aio_raw::closeDescriptor(pipe.parent);
        aio_raw::closeDescriptor(pipe.worker);
        return false;
    }
    m_pipe.open(pipe.parent, QSocketNotifier::Write, this, [this] { flush(); });
    m_pipe.setEnabled(false);
    childEnd = pipe.worker;
    return true;
}

std::shared_ptr<InputPipe::Write> InputPipe::add(const QByteArray &data)
{
    const auto write = std::make_shared<Write>();
    write->data = data;
    m_writes.append(write);
    return write;
}

bool InputPipe::withdraw(const Write &write)
{
    return write.state == Write::Waiting
        && m_writes.removeIf([&](const std::shared_ptr<Write> &other) { return other.get() == &write; }) > 0;
}

void InputPipe::flush()
{
    const QPointer<InputPipe> self(this);
    while (self && hasWork()) {
        const std::shared_ptr<Write> write = m_writes.constFirst();
        std::size_t moved = 0;
        const std::size_t size = std::size_t(write->data.size() - write->at);
        const aio_raw::Transfer outcome = size == 0
            ? aio_raw::Transfer::Done
            : aio_raw::writeSome(m_pipe.get(), write->data.constData() + write->at, size, moved);
        if (outcome == aio_raw::Transfer::Gone) {
            lose();
            return;
        }
        write->at += qsizetype(moved);
        if (moved > 0)
            write->state = Write::Begun;
        if (write->at < write->data.size()) {
            m_pipe.setEnabled(true);
            return;
        }
        m_writes.removeFirst();
        write->state = Write::Done;
        write->waits->completeAll();
        Q_EMIT written();
    }
    if (!self)
        return;
    m_pipe.setEnabled(false);
    if (m_isClosing)
        m_pipe.close();
}

void InputPipe::close()
{
    m_isClosing = true;
    flush();
}

void InputPipe::cancel()
{
    for (const std::shared_ptr<Write> &write : std::as_const(m_writes))
        write->waits->cancelAll();
}

void InputPipe::lose()
{
    m_pipe.close();
    const QList<std::shared_ptr<Write>> lost = std::exchange(m_writes, {});
    for (const std::shared_ptr<Write> &write : lost) {
        write->state = Write::Lost;
        write->waits->completeAll();
    }
}

} // namespace aio_detail

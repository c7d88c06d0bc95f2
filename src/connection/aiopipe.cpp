// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiopipe.h>

#include "base/aioerrno_p.h"
#include "connection/aioconnection_p.h"
#include "connection/aiosocketname_p.h"
#include "platform/rawsocket.h"

#include <cerrno>

using namespace aio_detail;

AioPipe::AioPipe(Mode mode)
{
    int ends[2];
    if (!aio_raw::openStreamPair(ends))
        throwErrno(QStringLiteral("cannot make a pipe"), errno, QStringLiteral("AioPipe::open"));
    prepareSocket(ends[0]);
    prepareSocket(ends[1]);
    auto first = std::make_unique<MessageStream>(ends[0]);
    auto second = std::make_unique<MessageStream>(ends[1]);
    m_first = AioConnectionPrivate::make(std::move(first), true, AioConnection::DataStream);
    m_second = AioConnectionPrivate::make(std::move(second), true, AioConnection::DataStream);
    if (mode == Simplex) {
        AioConnectionPrivate::of(*m_first).restrict(true, false);
        AioConnectionPrivate::of(*m_second).restrict(false, true);
    }
}

AioPipe::~AioPipe() = default;
AioPipe::AioPipe(AioPipe &&) noexcept = default;
AioPipe &AioPipe::operator=(AioPipe &&) noexcept = default;

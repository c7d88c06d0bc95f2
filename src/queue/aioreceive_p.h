// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/rawqueue.h"
#include "sync/aioobject_p.h"

#include <aioprocessing/aioqueue.h>

#include <QVariant>

namespace aio_detail {

/* Gets one message as a value: where a plain one is asked for and comes, without a QVariant. */
class Receive final : public aio_raw::RawQueue::Get
{
public:
    /* \a plain may be null. \a keepsLarge: what is much work to read is kept, and read by decode(). */
    Receive(const OpenCell &cell, PlainTarget *plain, bool keepsLarge)
        : Get(cell.raw(), cell.address()), m_openCell(cell), m_plain(plain), m_keepsLarge(keepsLarge)
    { }
    /* For what \a other has kept. Keeps \a cell open. */
    Receive(Receive &other, std::shared_ptr<OpenCell> cell);
    ~Receive() override { giveBack(); }     // while the cell is open

    /* Of the message, in bytes. */
    std::size_t size() const { return m_size; }
    /* Reads what was kept. Any thread. */
    void decode() noexcept;

    QVariant value;
    AioError error;

protected:
    bool receive(const char *data, std::size_t size, bool isBlock) noexcept override;

private:
    const std::shared_ptr<OpenCell> m_keptOpen;
    const OpenCell &m_openCell;
    PlainTarget *const m_plain;
    const bool m_keepsLarge;
    const char *m_data = nullptr;
    std::size_t m_size = 0;
};

} // namespace aio_detail

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QtGlobal>

/*
 * What the scheduler and a worker of this machine say to each other through their lane: records, each a head, its bytes, and zeros up
 * to a multiple of eight. Both are the same executable, so numbers are as the machine has them.
 */
namespace aio_detail {

struct RecordHead
{
    quint32 bytes = 0;      // of what follows, without the zeros
    quint16 type = 0;
    quint16 flags = 0;
};
static_assert(sizeof(RecordHead) == 8);

constexpr quint32 paddingOf(quint32 bytes) { return (8 - bytes % 8) % 8; }

// -- to the worker

enum TaskRecord : quint16 {
    FunctionRecord = 1,    // its number (quint32) and key
    BoundRecord,           // BoundHead and the arguments before those of the items: packed, or the encoding of a QVariantList
    RangeRecord,           // RangeHead and the items
    ExitRecord,
    ForgetRecord           // BoundHead: no range that follows has these
};

struct BoundHead
{
    quint32 number = 0;     // of the bound arguments, from 1
    quint32 reserved = 0;
};

struct RangeHead
{
    enum Flag : quint16 { IsTimed = 1, TellsStart = 2 };

    quint64 firstId = 0;
    quint32 count = 0;
    quint32 function = 0;
    quint32 epoch = 0;
    quint32 stride = 0;     // 0: each item is a quint32 with its length, and the encoding of a QVariantList
    quint32 attempt = 1;
    quint32 bound = 0;      // the number of the bound arguments; 0: none
};
static_assert(sizeof(RangeHead) == 32);

// -- from the worker. Outcomes come in the order in which items were begun, one for each.

enum OutcomeRecord : quint16 {
    ReadyRecord = 1,       // the initializer has returned
    ValueRecord,           // an outcome: Times and the encoding of a QVariant
    PackedRecord,          // an outcome: the result as it is
    FailedRecord,          // an outcome: Times and an AioError
    PlainRecord,           // an outcome: the encoding of a QVariant
    TimesRecord,           // Times, of packed and plain items since the last one
    BegunRecord,           // the next outcome's item has begun
    ProgressRecord,        // Progress and UTF-16 text, of the item that runs
    LogRecord              // Logged and UTF-16 text, of the item that runs
};

/* Of a ValueRecord or PlainRecord: the value is the next buffer in the worker's box, and nothing stands here. */
enum OutcomeFlag : quint16 { InBox = 1 };

struct Times
{
    qint64 began = 0;
    qint64 ended = 0;
    qint64 items = 1;
};

struct Progress
{
    qint32 value = 0;
    qint32 maximum = 0;
};

struct Logged
{
    qint64 lost = 0;        // lines before it
    qint32 hasLine = 1;     // 0: it says only how many were lost
    qint32 reserved = 0;
};

constexpr quint32 longestRecord = quint32(1) << 30;

} // namespace aio_detail

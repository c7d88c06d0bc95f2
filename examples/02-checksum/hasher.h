// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioQueue>

#include <QByteArray>
#include <QDataStream>
#include <QMetaType>

// What goes to a worker, and what comes back.
struct HashRequest
{
    HashRequest() = default;
    HashRequest(qint64 number, const QByteArray &file) : index(number), name(file) {}

    qint64 index = 0;
    QByteArray name;
};

struct HashResult
{
    HashResult() = default;
    explicit HashResult(qint64 number) : index(number) {}

    qint64 index = 0;
    qint64 bytes = 0;
    QByteArray hash;
    QByteArray error;
};

QDataStream &operator<<(QDataStream &stream, const HashRequest &request);
QDataStream &operator>>(QDataStream &stream, HashRequest &request);
QDataStream &operator<<(QDataStream &stream, const HashResult &result);
QDataStream &operator>>(QDataStream &stream, HashResult &result);

Q_DECLARE_METATYPE(HashRequest)
Q_DECLARE_METATYPE(HashResult)

/*! Runs in a worker: hashes one file. */
HashResult hashFile(const HashRequest &request);

/*! Runs in a worker: hashes the files of \a requests until that queue is shut down. */
QCoro::Task<> hashFiles(AioQueue &requests, AioQueue &results);

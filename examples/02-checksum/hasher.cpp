// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "hasher.h"

#include <QCryptographicHash>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

QDataStream &operator<<(QDataStream &stream, const HashRequest &request) { return stream << request.index << request.name; }
QDataStream &operator>>(QDataStream &stream, HashRequest &request) { return stream >> request.index >> request.name; }
QDataStream &operator<<(QDataStream &stream, const HashResult &result)
{
    return stream << result.index << result.bytes << result.hash << result.error;
}
QDataStream &operator>>(QDataStream &stream, HashResult &result)
{
    return stream >> result.index >> result.bytes >> result.hash >> result.error;
}

HashResult hashFile(const HashRequest &request)
{
    HashResult result(request.index);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    static char buffer[256 * 1024];
    const int fd = ::open(request.name.constData(), O_RDONLY | O_CLOEXEC);
    ssize_t size = fd;
    while (size >= 0 && (size = ::read(fd, buffer, sizeof buffer)) > 0) {
        hash.addData(QByteArrayView(buffer, size));
        result.bytes += size;
    }
    if (size < 0)
        result.error = std::strerror(errno);
    if (fd >= 0)
        ::close(fd);
    result.hash = hash.result();
    return result;
}

QCoro::Task<> hashFiles(AioQueue &requests, AioQueue &results)
{
    qRegisterMetaType<HashRequest>();       // what is only ever read as a QVariant must be known by name
    QCORO_FOREACH(const QVariant &item, requests.coro_items()) {
        const HashResult result = hashFile(item.value<HashRequest>());
        co_await results.coro_put(result);
    }
}

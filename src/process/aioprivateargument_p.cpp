// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioprivateargument_p.h"

#include <algorithm>

namespace aio_detail {

namespace {

QByteArray prefixOf(QByteArrayView role)
{
    return "--aioprocessing-" + role.toByteArray() + '=';
}

} // namespace

QByteArray privateArgument(QByteArrayView role, const QList<int> &descriptors)
{
    QByteArrayList numbers;
    for (const int descriptor : descriptors)
        numbers.append(QByteArray::number(descriptor));
    return prefixOf(role) + numbers.join(':');
}

std::optional<QList<int>> findPrivateArgument(int argc, const char *const *argv, QByteArrayView role, qsizetype count,
                                              int *index)
{
    const QByteArray prefix = prefixOf(role);
    for (int i = 1; i < argc && argv[i]; ++i) {
        const QByteArrayView text(argv[i]);
        if (!text.startsWith(prefix))
            continue;
        QList<int> found;
        for (const QByteArray &number : text.sliced(prefix.size()).toByteArray().split(':')) {
            bool isNumber = false;
            found.append(number.toInt(&isNumber));
            if (!isNumber)
                found.last() = -1;
        }
        if (found.size() != count || std::any_of(found.cbegin(), found.cend(), [](int number) { return number < 0; }))
            continue;
        if (index)
            *index = i;
        return found;
    }
    return std::nullopt;
}

} // namespace aio_detail

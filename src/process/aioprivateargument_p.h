// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QList>

#include <optional>

namespace aio_detail {

/*
 * The one argument of the command line of a process that this library starts: "--aioprocessing-\a role=17:19:20", the numbers of
 * the descriptors that it inherits. They keep the numbers they have in the parent; moving them to fixed ones could hit the
 * descriptor on which a failed exec is reported.
 */
QByteArray privateArgument(QByteArrayView role, const QList<int> &descriptors);

/* Looks through \a argv for the argument of \a role with \a count descriptors; \a index is where it was found. */
std::optional<QList<int>> findPrivateArgument(int argc, const char *const *argv, QByteArrayView role, qsizetype count,
                                              int *index = nullptr);

} // namespace aio_detail

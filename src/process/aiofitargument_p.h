// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QMetaType>
#include <QVariant>

namespace aio_detail {

/*
 * Makes \a argument a value of \a type, if that loses nothing: the same type, a number that keeps its value, or what QVariant
 * converts otherwise (a QVariantList to a QStringList, text to a QUrl). Text never becomes a number or a bool, nor the
 * other way round. False leaves the argument as it was.
 */
bool fitArgument(QVariant &argument, QMetaType type);

} // namespace aio_detail

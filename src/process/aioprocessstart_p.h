// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QByteArrayList>

namespace aio_detail {

/*
 * The program that workers of this process run, and its arguments: the context's, else this process's executable, by its name if
 * that still names the same file, so that a rebuild does not mix two versions. Throws AioException where nobody knows it.
 */
QByteArrayList workerCommand();

} // namespace aio_detail

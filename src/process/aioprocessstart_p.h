// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/aioworkerlink_p.h"

#include <QProcess>
#include <QString>

namespace aio_detail {

/* This process's executable; by its name if that still names the same file, so that a rebuild does not mix two versions. Empty: nobody knows. */
QString workerProgram();

/* Has \a process give the descriptors of \a argument, which are close-on-exec here, to the program that it starts. */
void handOver(QProcess &process, const WorkerArgument &argument);

} // namespace aio_detail

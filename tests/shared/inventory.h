// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QStringList>

#include <sys/types.h>

/*
 * What a process has, each item as a line of text, so that two moments can be compared.
 */
namespace AioTest {

/* The processes whose parent is the calling one: "pid command line". */
QStringList childProcesses();
/* The states of the threads of \a pid, a letter each: R, S, T ... (proc(5)). */
QByteArray threadStates(qint64 pid);
/* What the open descriptors of this process lead to. */
QStringList openDescriptors();
/* The threads of this process by name. */
QStringList threads();
/* This user's System V shared memory segments and semaphore sets that nobody uses and whose maker is dead or this process. */
QStringList orphanedIpc();
/* Everything below \a directory, as relative paths. */
QStringList filesBelow(const QString &directory);

/* What \a after has more than \a before, item by item. */
QStringList additional(QStringList after, const QStringList &before);

} // namespace AioTest

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/aiobootstrap_p.h"

#include <QString>

namespace aio_detail {

/* In a worker, once, before its function runs: this process is who \a bootstrap says. */
void becomeWorker(const Bootstrap &bootstrap);

/* In a daemon, whose end comes with its parent's: it waits for workers of its own, and may have some. */
void allowWorkers();

/* The keys with which this process gets in where others serve, by address; its workers know them, too. Any thread. */
void rememberKey(const QString &address, const QVariant &key);
QVariantMap keyring();

/* "AioProcess-1", "AioProcess-2"; in a worker named AioProcess-1 "AioProcess-1:1" and so on. */
QString nextProcessName();

} // namespace aio_detail

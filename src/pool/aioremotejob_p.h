// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "pool/aiolocalworker_p.h"

#include <QVariantList>

/*
 * What the face of a manager's pool and the pool itself say to each other, as arguments and results of calls. A job has a number there, which
 * the face gives it.
 */
namespace aio_detail {

QVariantList toParts(const PoolJob &job);
/* Throws AioException for what makes no sense, or does not fit the function as this process knows it. */
std::shared_ptr<PoolJob> jobFromParts(const QVariantList &parts);

QVariantList toParts(const PoolSettings &settings);
PoolSettings settingsFromParts(const QVariantList &parts);

/* The bytes of results, where buffers cannot be shared: with copies of them. */
QByteArray withoutBuffers(const PoolResults &results);

/* \a number: that of the job, if it is about one. */
QVariantList toParts(const PoolNews &news, quint64 number);
/* All but the job. What makes no sense is a Failed of a job with the number 0. */
PoolNews newsFromParts(const QVariantList &parts, quint64 &number);

} // namespace aio_detail

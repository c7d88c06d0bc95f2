// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioProcessing>

// What the dashboard's processes do; QML calls it by name.

/*! Puts the names of all files below \a folder into \a batches, as lists, and shuts it down; those of images only if \a wantsImages. */
void findFiles(AioQueue &batches, const QString &folder, bool wantsImages);
/*! The same with the numbers from 1 to \a count. */
void makeNumbers(AioQueue &batches, int count);

/*! The SHA-256 of a file, in hexadecimal digits. Throws std::runtime_error when it cannot be read. */
QString checksum(AioTaskContext &task, const QString &file);
/*! A small version of an image, as data URL. Throws std::runtime_error when it cannot be read. */
QString thumbnail(const QString &file);
/*! Next to nothing. */
qint64 square(qint64 number);

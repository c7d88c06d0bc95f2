// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QByteArray>
#include <QStringList>

#include <stop_token>
#include <vector>

// A file to hash: its name in the bytes of the file system, or why it cannot be had.
struct File
{
    QByteArray name;
    QByteArray error;
};

/*! The files given, and all regular files below the directories given; per argument sorted by name, byte by byte. */
std::vector<File> findFiles(const QStringList &paths, std::stop_token stop);

/*! A line as sha256sum prints it, with backslashes, newlines and carriage returns in names escaped. */
QByteArray checksumLine(const QByteArray &name, const QByteArray &hash);

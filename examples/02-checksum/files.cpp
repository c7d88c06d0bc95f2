// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "files.h"

#include <QFile>

#include <algorithm>
#include <filesystem>

namespace fs = std::filesystem;

namespace {

void walk(const fs::path &directory, std::vector<File> &files, const std::stop_token &stop)
{
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
        if (stop.stop_requested())
            return;
        std::error_code ignored;
        const fs::file_status status = entry->symlink_status(ignored);
        const auto name = QByteArray::fromStdString(entry->path().native());
        if (fs::is_directory(status))
            walk(entry->path(), files, stop);
        else if (fs::is_regular_file(status))
            files.push_back({name, {}});
    }
    if (error)
        files.push_back({QByteArray::fromStdString(directory.native()), QByteArray::fromStdString(error.message())});
}

} // namespace

std::vector<File> findFiles(const QStringList &paths, std::stop_token stop)
{
    std::vector<File> files;
    for (const QString &path : paths) {
        const QByteArray name = QFile::encodeName(path);
        std::error_code error;
        const fs::file_status status = fs::status(name.constData(), error);
        const auto first = std::ptrdiff_t(files.size());
        if (!fs::exists(status))
            files.push_back({name, QByteArray::fromStdString(std::make_error_code(std::errc::no_such_file_or_directory).message())});
        else if (fs::is_directory(status))
            walk(name.constData(), files, stop);
        else
            files.push_back({name, {}});
        std::sort(files.begin() + first, files.end(), [](const File &a, const File &b) { return a.name < b.name; });
    }
    return files;
}

QByteArray checksumLine(const QByteArray &name, const QByteArray &hash)
{
    QByteArray escaped = name;
    escaped.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    return (escaped == name ? QByteArray() : QByteArray("\\")) + hash.toHex() + "  " + escaped + '\n';
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiopool.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QString>
#include <QVariantList>

namespace aio_detail {

/* A function of this process as those who run tasks see it. */
class PoolTarget
{
public:
    explicit PoolTarget(const QByteArray &key);

    const QString &name() const { return m_name; }
    const PackedTarget &packed() const { return m_packed; }
    bool isContextual() const { return m_target.takesContext; }

    /* Runs it and returns its result's encoding. Throws what it throws, and AioException for what cannot be read or written. */
    QByteArray run(const QVariantList &bound, QByteArrayView arguments) const;
    /* Runs it on packed arguments. Throws the same. */
    void runPacked(const char *arguments, char *result) const
    {
        if (!m_packed.run) [[unlikely]]
            failPacked();
        m_packed.run(arguments, result);
    }

private:
    [[noreturn]] void failPacked() const;

    QString m_name;
    CallTarget m_target;
    PackedTarget m_packed;
    AioError m_error;
};

/* What stands in \a bytes, as PoolArguments wrote it. Throws AioException. */
QVariantList readArguments(QByteArrayView bytes);

} // namespace aio_detail

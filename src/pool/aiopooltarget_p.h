// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiobuffer.h>
#include <aioprocessing/aiopool.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QString>
#include <QVariantList>

namespace aio_detail {

/* Memory of who runs tasks one after the other, for use again and again. */
struct TaskScratch
{
    QVariantList arguments;
    QByteArray result;
    AioBuffer buffer;      // the result instead, if it is one
};

/* A function of this process as those who run tasks see it. */
class PoolTarget
{
public:
    explicit PoolTarget(const QByteArray &key);

    const QString &name() const { return m_name; }
    const PackedTarget &packed() const { return m_target.packed; }
    bool isContextual() const { return m_target.takesContext; }

    /*
     * Runs it and leaves its result in \a scratch, encoded or as a buffer. Throws what it throws, and AioException for what cannot be read or
     * written.
     */
    void run(TaskScratch &scratch, const QVariantList &bound, QByteArrayView arguments) const;
    /* Runs it on \a size bytes of packed arguments. Throws the same. */
    void runPacked(const char *arguments, qsizetype size, char *result) const
    {
        const PackedTarget &packed = m_target.packed;
        if (!packed.call || size != qsizetype(packed.argumentBytes)) [[unlikely]]
            failPacked();
        packed.call(packed.function, arguments, result);
    }

private:
    [[noreturn]] void failPacked() const;

    QString m_name;
    CallTarget m_target;
    AioError m_error;
};

/* Arguments that stand before those of many items, in a process that runs them. */
class BoundArguments
{
public:
    explicit BoundArguments(const QByteArray &bytes) : m_bytes(bytes) {}

    /* As they came, before values() is called. */
    const QByteArray &bytes() const { return m_bytes; }
    /* Those of functions that are not packed, which are read once. Throws AioException, each time. */
    const QVariantList &values();

private:
    QByteArray m_bytes;
    QVariantList m_values;
    AioError m_error;
    bool m_isRead = false;
};

/* What stands in \a bytes, as PoolArguments wrote it. Throws AioException. */
void readArguments(QByteArrayView bytes, QVariantList &arguments);

} // namespace aio_detail

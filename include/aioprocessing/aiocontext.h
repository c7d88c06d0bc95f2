// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

#include <QObject>
#include <QString>

#include <memory>

QT_BEGIN_NAMESPACE
class QThreadPool;
QT_END_NAMESPACE

namespace aio_detail { class Arena; }

/*!
 * \class AioContext
 * \brief One arena of shared memory on this machine, and the settings of what lives in it.
 *
 * Most programs never name one: primitives made without a context live in defaultContext(), and a worker's default
 * context is its parent's. Programs that are not parent and child meet in a context with a name:
 *
 * \code
 * AioContext context(QStringLiteral("indexer"));
 * AioLock lock(context);
 * \endcode
 *
 * Guarantees: what a process that died left in the arena is given back by whoever notices first. When the last process
 * that uses an arena ends, nothing of it remains; if all of them are killed at once, the next start of any program of
 * this library removes it.
 *
 * Threads and lifetime: every method may be called from any thread. The arena stays open until the process ends, also
 * after the AioContext object is gone.
 *
 * Errors: the constructor and defaultContext() throw AioException: PermissionDenied or OutOfResources with the directory
 * or limit in question, VersionMismatch when another version of this library has made the arena of that name.
 *
 * Everything that belongs to an arena lies in a directory of this user: $AIOPROCESSING_RUNTIME_DIR, else
 * $XDG_RUNTIME_DIR/aioprocessing, else /tmp/aioprocessing-<uid>.
 */
class AIOPROCESSING_EXPORT AioContext : public QObject
{
    Q_OBJECT
    Q_PROPERTY(qint64 memoryLimit READ memoryLimit WRITE setMemoryLimit)
public:
    /*! The context of this process, made when it is first asked for; in a worker its parent's. */
    static AioContext *defaultContext();

    /*! Opens the context called \a name, or makes it. */
    explicit AioContext(const QString &name, QObject *parent = nullptr);
    ~AioContext() override;

    /*! What names the arena: 32 hexadecimal digits. */
    QByteArray id() const;

    /*!
     * The pool for what would block its caller. The module's own, never QThreadPool::globalInstance(); it is not waited
     * for at exit.
     */
    QThreadPool *threadPool() const;
    /*! Uses \a pool instead, which must outlive the context. Null: the module's own again. */
    void setThreadPool(QThreadPool *pool);

    /*!
     * How many bytes of shared memory the arena may take, for all its processes; half of the machine's by default. Puts wait when it is
     * reached; an eighth of it is kept for small messages and for what the objects themselves need.
     */
    qint64 memoryLimit() const;
    void setMemoryLimit(qint64 bytes);

    /*! \internal */
    const std::shared_ptr<aio_detail::Arena> &arena() const { return m_arena; }
    /*! \internal The context object of the arena \a id that this process has open; null: none. */
    static AioContext *find(const QByteArray &id);

private:
    explicit AioContext(std::shared_ptr<aio_detail::Arena> arena);

    std::shared_ptr<aio_detail::Arena> m_arena;
};

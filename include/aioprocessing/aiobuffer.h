// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QMetaType>

#include <cstddef>
#include <memory>
#include <span>

QT_BEGIN_NAMESPACE
class QDataStream;
QT_END_NAMESPACE

class AioContext;

namespace aio_detail { class SharedBlock; }

/*!
 * \class AioBuffer
 * \brief Bytes in shared memory that a queue hands from process to process without a copy.
 *
 * \code
 * AioBuffer frame = queue.allocate(1920 * 1080 * 4);          // fill it in place
 * render(frame.data());
 * queue.put(frame);                                           // the reader gets the same memory
 * const AioBuffer received = other.get<AioBuffer>();
 * \endcode
 *
 * A value, implicitly shared as a QByteArray is, but across processes: copies, those in other processes and those on their way in queues
 * share the memory, and data() makes a copy of its own first if there are others. So a producer that fills a new buffer for each
 * message, or lets go of it after the put, never copies.
 *
 * Guarantees: the memory lives as long as somebody holds it or a queue carries it, and comes back when its last holder has died. What was
 * put arrives as it was. A buffer that belongs to another context than the queue, is carried by 24 messages already, or lies in
 * a list or an argument of a call, travels as a copy, as does a QByteArray. What a task of an AioPool returns is handed over as by a queue.
 *
 * Threads and lifetime: as a QByteArray: each thread may use its own copy. Pointers and views are valid as long as a copy lives.
 *
 * Errors: AioException with OutOfResources when there is no memory at once (AioQueue::allocate() does not wait), TooLarge for more than
 * the memory limit allows, UsageError for a negative size.
 *
 * Python: there is no counterpart; multiprocessing.shared_memory needs names and an owner.
 *
 * \sa AioQueue::allocate()
 */
class AIOPROCESSING_EXPORT AioBuffer
{
    Q_GADGET
    Q_PROPERTY(qsizetype size READ size)
public:
    /*! A null buffer without memory. */
    AioBuffer();
    /*! A new buffer of \a size bytes in the default context, or in \a context. Its content is anything. */
    explicit AioBuffer(qsizetype size);
    AioBuffer(qsizetype size, AioContext &context);
    AioBuffer(const AioBuffer &);
    AioBuffer(AioBuffer &&) noexcept;
    AioBuffer &operator=(const AioBuffer &);
    AioBuffer &operator=(AioBuffer &&) noexcept;
    ~AioBuffer();

    bool isNull() const { return !m_block; }
    qsizetype size() const;
    /*! The bytes, to be read. */
    const char *constData() const;
    const char *data() const { return constData(); }
    /*! The bytes, to be written. If others have them, too, they are copied first, so that those keep what they have. */
    char *data();
    /*! Whether data() would copy. Out of date when it returns, if others have the bytes. */
    bool isShared() const;

    /*! Views of the bytes. */
    QByteArrayView view() const { return QByteArrayView(constData(), size()); }
    std::span<const std::byte> span() const { return std::as_bytes(std::span(constData(), std::size_t(size()))); }
    /*! A QByteArray over the same memory, without a copy; valid as long as a copy of this buffer lives. */
    QByteArray asByteArray() const { return QByteArray::fromRawData(constData(), size()); }

    /*! Whether both have the same bytes. */
    friend bool operator==(const AioBuffer &a, const AioBuffer &b) { return a.view() == b.view(); }

    /*! \internal */
    explicit AioBuffer(std::shared_ptr<aio_detail::SharedBlock> block);
    /*! \internal */
    const std::shared_ptr<aio_detail::SharedBlock> &block() const { return m_block; }

private:
    std::shared_ptr<aio_detail::SharedBlock> m_block;
};

/*! As bytes: a copy. */
AIOPROCESSING_EXPORT QDataStream &operator<<(QDataStream &, const AioBuffer &);
AIOPROCESSING_EXPORT QDataStream &operator>>(QDataStream &, AioBuffer &);

Q_DECLARE_METATYPE(AioBuffer)

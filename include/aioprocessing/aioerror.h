// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

#include <QByteArray>
#include <QException>
#include <QMetaType>
#include <QString>

QT_BEGIN_NAMESPACE
class QDataStream;
class QDebug;
QT_END_NAMESPACE

/*!
 * \class AioError
 * \brief What went wrong, as a value: a code to act on and a message to show.
 *
 * \code
 * connect(&process, &AioProcess::errorOccurred, this, [](const AioError &error) {
 *     if (error.code == AioError::RemoteError)
 *         showLog(error.remoteType, error.message);
 * });
 * \endcode
 *
 * One payload with three projections: blocking calls and awaited tasks throw it as AioException, objects announce it with
 * their errorOccurred() signal, and promises are rejected with it. Expected outcomes (out of time, empty, full) are
 * not errors; operations return them as values.
 *
 * Threads: a plain value; every thread may use its own copy.
 *
 * \sa AioException
 */
struct AIOPROCESSING_EXPORT AioError
{
    Q_GADGET
    Q_PROPERTY(Code code MEMBER code CONSTANT)
    Q_PROPERTY(QString message MEMBER message CONSTANT)
    Q_PROPERTY(QString operation MEMBER operation CONSTANT)
    Q_PROPERTY(QString key MEMBER key CONSTANT)
    Q_PROPERTY(int nativeError MEMBER nativeError CONSTANT)
    Q_PROPERTY(QString remoteType MEMBER remoteType CONSTANT)
    Q_PROPERTY(QString remoteTraceback MEMBER remoteTraceback CONSTANT)
public:
    /*!
     * \enum AioError::Code
     * \value NoError               Nothing went wrong.
     * \value Cancelled             The wait was cancelled by a stop token, or the object or thread it belonged to is gone.
     * \value Closed                This object was closed by its own user.
     * \value ShutDown              The shared object was shut down for everybody.
     * \value EndOfStream           The other side will send nothing more.
     * \value PeerDied              The process at the other end died.
     * \value OwnerDied             The process that owned the object died.
     * \value WorkerLost            The worker died while it ran this task.
     * \value BrokenBarrier         The barrier was broken or aborted while somebody waited.
     * \value BrokenPool            The pool cannot start workers any more.
     * \value TooLarge              The message is larger than the limit; nothing was sent.
     * \value BufferTooShort        The message does not fit the buffer or length that was given.
     * \value NotFound              There is no such object, function or key.
     * \value AlreadyExists         The name is taken.
     * \value AddressInUse          Somebody listens at this address already.
     * \value ConnectionRefused     Nobody listens at this address.
     * \value PermissionDenied      The operating system refused access.
     * \value AuthenticationFailed  The other side does not know the key.
     * \value ProtocolError         The other side sent bytes that make no sense.
     * \value VersionMismatch       The other side uses another layout or protocol version.
     * \value StaleProxy            The object behind this proxy is gone.
     * \value Unserializable        A value cannot be written, or its type is not known to the reader.
     * \value OutOfResources        Memory, descriptors, processes or another limit is used up.
     * \value Corrupted             Shared state is not consistent.
     * \value UsageError            The call is not allowed here or in this state; a mistake in the program.
     * \value RemoteError           The function in the worker threw an exception.
     * \value UnknownError          None of the others.
     * \value TimedOut              The time limit of a call is over.
     * \value TypeMismatch          The value has another type than the one asked for.
     */
    enum Code {
        NoError, Cancelled, Closed, ShutDown, EndOfStream, PeerDied, OwnerDied, WorkerLost, BrokenBarrier, BrokenPool,
        TooLarge, BufferTooShort, NotFound, AlreadyExists, AddressInUse, ConnectionRefused, PermissionDenied,
        AuthenticationFailed, ProtocolError, VersionMismatch, StaleProxy, Unserializable, OutOfResources, Corrupted,
        UsageError, RemoteError, UnknownError, TimedOut, TypeMismatch
    };
    Q_ENUM(Code)

    // Constructors make it no aggregate: g++ 12 destroys an aggregate written inside a co_await expression twice.
    AioError() = default;
    AioError(Code errorCode, const QString &text = {}) : code(errorCode), message(text) {}

    /*! True when this is an error: code is not NoError. */
    explicit operator bool() const { return code != NoError; }

    friend bool operator==(const AioError &, const AioError &) = default;

    Code code = NoError;
    /*! What was tried, on what, why it failed, and what to do about it; for people, in English. */
    QString message;
    /*! The call that failed, as in "AioQueue::put". May be empty. */
    QString operation;
    /*! The shared object it failed on, as AioHandle::key() prints it, or a program, function or address. May be empty. */
    QString key;
    /*! The number of the operating system (errno on Unix), or 0. */
    int nativeError = 0;
    /*! The C++ type of an exception that a function in another process threw, or empty. */
    QString remoteType;
    /*! Where that exception came from, as far as that is known; may be empty. */
    QString remoteTraceback;
};

AIOPROCESSING_EXPORT QDebug operator<<(QDebug debug, const AioError &error);
AIOPROCESSING_EXPORT QDataStream &operator<<(QDataStream &stream, const AioError &error);
/*! A code that this version does not know is read as UnknownError; the rest is kept. */
AIOPROCESSING_EXPORT QDataStream &operator>>(QDataStream &stream, AioError &error);

Q_DECLARE_METATYPE(AioError)

/*!
 * \class AioException
 * \brief An AioError that is thrown.
 *
 * \code
 * try {
 *     queue.put(work);
 * } catch (const AioException &e) {
 *     if (e.code() != AioError::ShutDown)
 *         throw;
 * }
 * \endcode
 *
 * A QException, so that it also passes through QFuture and QtConcurrent with its type.
 */
class AIOPROCESSING_EXPORT AioException : public QException
{
public:
    explicit AioException(const AioError &error);
    ~AioException() override;

    const AioError &error() const noexcept { return m_error; }
    AioError::Code code() const noexcept { return m_error.code; }
    /*! The error's message in UTF-8; lives as long as the exception. */
    const char *what() const noexcept override { return m_what.constData(); }

    void raise() const override;
    AioException *clone() const override;

private:
    AioError m_error;
    QByteArray m_what;
};

namespace aio_detail {

/*!
 * Makes the error and logs it, once, in the category that \a operation belongs to. Every error of this library is made
 * here: debug level for Cancelled, Closed, ShutDown and EndOfStream, warnings for the rest.
 */
[[nodiscard]] AIOPROCESSING_EXPORT AioError makeError(AioError::Code code, const QString &message,
                                                      const QString &operation = {}, const QString &key = {},
                                                      int nativeError = 0);

/*! makeError(), thrown as an AioException. */
[[noreturn]] AIOPROCESSING_EXPORT void throwError(AioError::Code code, const QString &message,
                                                  const QString &operation = {}, const QString &key = {},
                                                  int nativeError = 0);

} // namespace aio_detail

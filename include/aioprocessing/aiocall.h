// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>
#include <aioprocessing/aiomessage.h>

#include <QMetaType>
#include <QString>
#include <QVariant>

#include <chrono>

QT_BEGIN_NAMESPACE
class QDataStream;
class QDebug;
QT_END_NAMESPACE

template<class R>
class AioTypedCall;

namespace aio_detail {
template<auto Function>
struct FunctionOf;
template<auto Function>
using Result = typename FunctionOf<Function>::Result;
struct CallAccess;
} // namespace aio_detail

/*!
 * \class AioCall
 * \brief A function, its arguments and options, to be run in another process. A value.
 *
 * \code
 * int add(int a, int b);
 * AioProcess process(AioCall::to<&add>(1, 2));
 * pool.apply(AioCall::named(QStringLiteral("thumbnail"), url).withTimeout(2s));
 * \endcode
 *
 * A function for to() needs no registration: parent and worker are the same executable, and using to() anywhere in it makes
 * the function known in both. It may be a free function, a static member function or a lambda without captures, also in
 * an anonymous namespace. An overloaded one is chosen with qOverload: AioCall::to<qOverload<int>(&f)>(1). One that returns
 * QCoro::Task<R> runs in the event loop of the worker, and its result is R. Functions of a plugin exist in a worker only if
 * the worker loads that plugin.
 *
 * Parameters: primitives, queues and connections by reference, as in f(AioLock &lock); the worker gets an object of its own,
 * attached to the same shared state, that lives as long as the call. Everything else by value or const reference, of any
 * type with QDataStream operators. Default arguments do not apply. The metatypes of parameters and result register
 * themselves. What cannot work does not compile, with a message that starts with "AioCall:".
 *
 * Threads: a plain value; every thread may use its own copy.
 *
 * Python counterpart: the target, args and kwargs of multiprocessing.Process and Pool.apply. No pickle: functions travel as
 * names, never as code.
 *
 * \sa AioProcess, AIO_FUNCTION, AioProcessing::registerFunction()
 */
class AIOPROCESSING_EXPORT AioCall
{
    Q_GADGET
    Q_PROPERTY(QString function READ function CONSTANT)
    Q_PROPERTY(QVariantList arguments READ arguments CONSTANT)
public:
    AioCall() = default;

    /*! A call of \c Function with \a args, checked when it is compiled. Remembers the result type. */
    template<auto Function, class... Args>
    static AioTypedCall<aio_detail::Result<Function>> to(Args &&...args);

    /*! A call of the function that is registered as \a function in the process that runs it; checked when it runs. */
    static AioCall named(const QString &function);
    template<class... Args>
    static AioCall named(const QString &function, const Args &...args);

    // Each returns a changed copy: safe in one expression with co_await, also on g++ 12.
    AioCall withArguments(const QVariantList &arguments) const;
    /*! For functions of Python peers. C++ functions have no keyword arguments: running one with some is a UsageError. */
    AioCall withKeyword(const QString &name, const QVariant &value) const;
    /*! The worker is killed when the function has not returned \a limit after it began: AioError::TimedOut. */
    AioCall withTimeout(std::chrono::milliseconds limit) const;
    /*! The function is asked to stop \a limit after it began. For pools. */
    AioCall withSoftTimeout(std::chrono::milliseconds limit) const;
    /*! Try again up to \a count times when the worker dies; the function may then run more than once. For pools. */
    AioCall withRetries(int count) const;
    /*! Higher goes first. For pools. */
    AioCall withPriority(int priority) const;

    /*! The key under which the function is registered; for functions given to to() it starts with the name. */
    QString function() const { return m_function; }
    /*! The function's name for people. */
    QString displayName() const;
    QVariantList arguments() const { return m_arguments; }
    QVariantMap keywords() const { return m_keywords; }
    QVariantMap options() const { return m_options; }
    /*! True when it names no function. */
    bool isNull() const { return m_function.isEmpty(); }
    /*! The limit of withTimeout(); a negative number when there is none. */
    std::chrono::milliseconds timeout() const;

    /*!
     * Runs the function here and now, in this process and thread, and returns its result (invalid for void). This is what a
     * worker does. Throws AioException: NotFound for a name that is not registered here, UsageError for a wrong number of
     * arguments, TypeMismatch for an argument that does not fit; and whatever the function throws. An argument fits if it
     * has the parameter's type or converts to it without loss; text is not converted to numbers.
     */
    QVariant run() const;

    friend bool operator==(const AioCall &a, const AioCall &b)
    {
        return a.m_function == b.m_function && a.m_arguments == b.m_arguments && a.m_keywords == b.m_keywords
            && a.m_options == b.m_options;
    }

private:
    friend struct aio_detail::CallAccess;
    friend AIOPROCESSING_EXPORT QDataStream &operator<<(QDataStream &, const AioCall &);
    friend AIOPROCESSING_EXPORT QDataStream &operator>>(QDataStream &, AioCall &);

    AioCall withOption(const char *name, const QVariant &value) const;

    QString m_function;
    QVariantList m_arguments;
    QVariantMap m_keywords;
    QVariantMap m_options;
};

/*! Throws AioException (Unserializable) when an argument cannot be written. */
AIOPROCESSING_EXPORT QDataStream &operator<<(QDataStream &stream, const AioCall &call);
/*! Sets ReadCorruptData on the stream when the bytes are no call, or hold a type that this process does not know. */
AIOPROCESSING_EXPORT QDataStream &operator>>(QDataStream &stream, AioCall &call);
/*! Prints the function and the number of its arguments; arguments may be secret. */
AIOPROCESSING_EXPORT QDebug operator<<(QDebug debug, const AioCall &call);

Q_DECLARE_METATYPE(AioCall)

/*!
 * \class AioTypedCall
 * \brief An AioCall that remembers the result type of its function.
 *
 * \code
 * const int sum = pool.apply(AioCall::to<&add>(1, 2).withTimeout(1s));    // int, not QVariant
 * \endcode
 */
template<class R>
class AioTypedCall : public AioCall
{
public:
    using Result = R;

    AioTypedCall() = default;
    explicit AioTypedCall(const AioCall &call) : AioCall(call) {}

    AioTypedCall withTimeout(std::chrono::milliseconds limit) const { return AioTypedCall(AioCall::withTimeout(limit)); }
    AioTypedCall withSoftTimeout(std::chrono::milliseconds limit) const
    { return AioTypedCall(AioCall::withSoftTimeout(limit)); }
    AioTypedCall withRetries(int count) const { return AioTypedCall(AioCall::withRetries(count)); }
    AioTypedCall withPriority(int priority) const { return AioTypedCall(AioCall::withPriority(priority)); }
};

#include <aioprocessing/aiocall_impl.h>

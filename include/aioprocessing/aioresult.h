// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <optional>
#include <type_traits>
#include <utility>

/*!
 * \class AioResult
 * \brief What an operation brought: a value, or the AioError why there is none.
 *
 * For those who prefer looking at a result to catching an exception:
 *
 * \code
 * const AioResult<QVariant> item = co_await AioProcessing::asResult(queue.coro_get());
 * if (!item)
 *     co_return showError(item.error());
 * show(item.value());
 * \endcode
 *
 * AioResult<void> is the outcome of an operation without a value.
 *
 * Threads: a plain value; every thread may use its own.
 *
 * Errors: value() of a result without value throws its error as AioException.
 *
 * \sa AioProcessing::asResult()
 */
template<class T>
class AioResult
{
    static_assert(!std::is_reference_v<T>, "AioResult holds a value, not a reference");
    static_assert(!std::is_same_v<std::remove_cv_t<T>, AioError>, "an AioResult<AioError> could not tell its value from its error");

public:
    /*! A result with \a value. */
    AioResult(T value) : m_value(std::move(value)) {}
    /*! A result without value because of \a error, whose code should not be NoError. */
    AioResult(AioError error) : m_error(std::move(error)) { Q_ASSERT(m_error); }

    bool hasValue() const { return m_value.has_value(); }
    explicit operator bool() const { return hasValue(); }

    /*! The value. Throws AioException with error() when there is none. */
    const T &value() const &
    {
        requireValue();
        return *m_value;
    }
    T &&value() &&
    {
        requireValue();
        return *std::move(m_value);
    }
    /*! The value, or \a other when there is none. */
    T valueOr(T other) const & { return m_value ? *m_value : std::move(other); }
    T valueOr(T other) && { return m_value ? *std::move(m_value) : std::move(other); }

    /*! Why there is no value; its code is NoError when there is one. */
    const AioError &error() const { return m_error; }

private:
    void requireValue() const
    {
        if (!m_value)
            throw AioException(m_error);
    }

    std::optional<T> m_value;
    AioError m_error;
};

/*! \brief Whether an operation without a value succeeded, and if not, why. */
template<>
class AioResult<void>
{
public:
    /*! Success. */
    AioResult() = default;
    AioResult(AioError error) : m_error(std::move(error)) {}

    bool hasValue() const { return !m_error; }
    explicit operator bool() const { return hasValue(); }

    /*! Throws AioException with error() unless the operation succeeded. */
    void value() const
    {
        if (m_error)
            throw AioException(m_error);
    }
    const AioError &error() const { return m_error; }

private:
    AioError m_error;
};

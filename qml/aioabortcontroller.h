// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QObject>
#include <QQmlEngine>

#include <stop_token>

/*!
 * \class AioAbortController
 * \brief Cancels any number of operations at once, as its namesake of browsers does.
 *
 * \code
 * AioAbortController { id: searching }
 * queue.get({ signal: searching.signal }).catch(error => ...)      // error.code is AioError.Cancelled after ...
 * searching.abort()
 * \endcode
 *
 * It is aborted once and for all; an operation that gets one later is cancelled at once. Destroying it aborts nothing.
 */
class AioAbortController : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(bool aborted READ isAborted NOTIFY abortedChanged)
    Q_PROPERTY(AioAbortController *signal READ controller CONSTANT)
public:
    explicit AioAbortController(QObject *parent = nullptr) : QObject(parent) {}

    bool isAborted() const { return m_stop.stop_requested(); }
    AioAbortController *controller() { return this; }
    std::stop_token token() const { return m_stop.get_token(); }

    /*! Cancels every operation that was given this as its signal. */
    Q_INVOKABLE void abort()
    {
        if (m_stop.request_stop())
            Q_EMIT abortedChanged();
    }

Q_SIGNALS:
    void abortedChanged();

private:
    std::stop_source m_stop;
};

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiopool.h>

#include <QObject>
#include <QPointer>
#include <QTimer>

/*
 * Says that something has happened in a pool, at once and then at most every so many milliseconds, however much happens: between two
 * times the pool does not even wake the event loop.
 */
class AioPoolWatch : public QObject
{
    Q_OBJECT
public:
    explicit AioPoolWatch(QObject *parent = nullptr) : QObject(parent)
    {
        m_timer.setSingleShot(true);
        m_timer.setInterval(100);
        connect(&m_timer, &QTimer::timeout, this, [this] {
            listen();           // first: what happens from here on says so
            Q_EMIT happened();
        });
    }

    AioPool *pool() const { return m_pool; }
    /*! Null: of none. */
    void setPool(AioPool *pool)
    {
        if (m_pool)
            m_pool->disconnect(this);
        m_timer.stop();
        m_pool = pool;
        listen();
    }
    int interval() const { return m_timer.interval(); }
    void setInterval(int milliseconds) { m_timer.setInterval(milliseconds); }

Q_SIGNALS:
    void happened();

private:
    void listen()
    {
        if (!m_pool)
            return;
        connect(m_pool, &AioPool::tasksChanged, this, &AioPoolWatch::notice);
        connect(m_pool, &AioPool::activeWorkersChanged, this, &AioPoolWatch::notice);
    }
    void notice()
    {
        m_pool->disconnect(this);
        m_timer.start();
        Q_EMIT happened();
    }

    QPointer<AioPool> m_pool;
    QTimer m_timer;
};

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiolistener.h>

#include "connection/aioblockon_p.h"
#include "connection/aioline_p.h"
#include "connection/aiopeering_p.h"
#include "connection/aiosocketname_p.h"

#include <QTimer>

#include <deque>
#include <list>

QT_BEGIN_NAMESPACE
class QSocketNotifier;
QT_END_NAMESPACE

/* A listener without its face, which may be gone while coroutines still look at this. */
class AioListenerPrivate : public std::enable_shared_from_this<AioListenerPrivate>
{
public:
    AioListenerPrivate(AioListener *listener, const AioListenerOptions &given);
    ~AioListenerPrivate();

    static AioListenerPrivate &of(AioListener &listener) { return *listener.d; }
    void open(const AioAddress &address);
    void close(AioError::Code why);
    AioHandle giveAway();
    /* Goes on with what somebody gave away. */
    static std::shared_ptr<AioListenerPrivate> adopt(AioListener *listener, const AioHandle &handle);

    void requireOpen(const char *operation);
    [[noreturn]] void fail(AioError::Code code, const QString &text, const char *operation);
    [[noreturn]] void failAsCancelled(const char *operation);
    /* Does what can be done now. Whether there is somebody to accept. */
    bool proceed();
    /* What to wait for before the next time; returns when it is, whatever happens. */
    QDeadlineTimer prepare(std::vector<pollfd> &entries) const;
    std::unique_ptr<AioConnection> take();
    bool block(const QDeadlineTimer &deadline, const std::stop_token &stop, const char *operation);
    static QCoro::Task<std::unique_ptr<AioConnection>> acceptLater(std::shared_ptr<AioListenerPrivate> d, QDeadlineTimer deadline,
                                                                   std::stop_token stop);
    static QCoro::Task<bool> pollLater(std::shared_ptr<AioListenerPrivate> d, QDeadlineTimer deadline, std::stop_token stop);
    /* Hands out those who wait, now that somebody hears of newConnection(). */
    void announceReady();

    AioListener *q;                 // null: it is gone
    const AioListenerOptions options;
    aio_detail::ListeningSocket socket;
    AioError::Code closedWith = AioError::NoError;
    AioAddress lastAccepted;
    aio_detail::Line line;

private:
    void begin();
    void acceptAll();
    void admit(int descriptor);
    void survive(int number);
    void resume();
    void drop(aio_detail::Peering *peering);
    void onPeered(aio_detail::Peering *peering);
    void add(std::unique_ptr<aio_detail::MessageStream> stream);
    void report(const AioError &error);
    bool mayAccept() const { return int(m_ready.size()) < options.backlog && m_pausedUntil.hasExpired(); }
    void updateNotifier();

    aio_detail::Authentication m_authentication;
    QSocketNotifier *m_notifier = nullptr;      // a child of q, as the next one
    QTimer *m_pause = nullptr;
    QDeadlineTimer m_pausedUntil{0};            // when descriptors are out
    int m_reserve = -1;                         // a descriptor to give up then
    std::deque<std::unique_ptr<AioConnection>> m_ready;
    std::list<std::unique_ptr<aio_detail::Peering>> m_halfOpen;
    std::vector<std::unique_ptr<aio_detail::Peering>> m_spent;      // are told of their end just now
};

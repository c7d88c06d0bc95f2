// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiolistener.h>

#include "connection/aiolistener_p.h"

#include <QMetaMethod>

// -- AioListenerOptions

AioListenerOptions AioListenerOptions::withAuthKey(const QByteArray &key) const
{
    AioListenerOptions changed = *this;
    changed.authKey = key;
    changed.isKeyWanted = true;
    return changed;
}

AioListenerOptions AioListenerOptions::withBacklog(int connections) const
{
    AioListenerOptions changed = *this;
    changed.backlog = connections;
    return changed;
}

AioListenerOptions AioListenerOptions::withHandshake(AioConnection::Handshake kind, AioConnection::Digest minimum) const
{
    AioListenerOptions changed = *this;
    changed.handshake = kind;
    changed.minimumDigest = minimum;
    return changed;
}

AioListenerOptions AioListenerOptions::withHandshakeTimeout(std::chrono::milliseconds time) const
{
    AioListenerOptions changed = *this;
    changed.handshakeTimeout = time;
    return changed;
}

AioListenerOptions AioListenerOptions::withMaximumFrame(qint64 bytes) const
{
    AioListenerOptions changed = *this;
    changed.maximumFrame = bytes;
    return changed;
}

// -- AioListener

AioListener::AioListener(const AioAddress &address, const AioListenerOptions &options, QObject *parent)
    : QObject(parent), d(std::make_shared<AioListenerPrivate>(this, options))
{
    d->open(address);
}

AioListener::AioListener(const AioHandle &handle, QObject *parent) : QObject(parent), d(AioListenerPrivate::adopt(this, handle))
{
}

AioListener::~AioListener()
{
    d->close(AioError::Cancelled);
    d->q = nullptr;
}

AioHandle AioListener::handle() const
{
    return d->giveAway();
}

AioAddress AioListener::address() const { return d->socket.address(); }
const AioListenerOptions &AioListener::options() const { return d->options; }
AioAddress AioListener::lastAccepted() const { return d->lastAccepted; }
bool AioListener::isListening() const { return d->closedWith == AioError::NoError; }

std::unique_ptr<AioConnection> AioListener::accept(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto keep = d;
    return keep->block(deadline, stop, "AioListener::accept") ? keep->take() : nullptr;
}

QCoro::Task<std::unique_ptr<AioConnection>> AioListener::coro_accept(QDeadlineTimer deadline, std::stop_token stop)
{
    return AioListenerPrivate::acceptLater(d, deadline, std::move(stop));
}

bool AioListener::poll(QDeadlineTimer deadline, std::stop_token stop)
{
    return d->block(deadline, stop, "AioListener::poll");
}

QCoro::Task<bool> AioListener::coro_poll(QDeadlineTimer deadline, std::stop_token stop)
{
    return AioListenerPrivate::pollLater(d, deadline, std::move(stop));
}

void AioListener::close()
{
    d->close(AioError::Closed);
}

void AioListener::connectNotify(const QMetaMethod &signal)
{
    if (signal == QMetaMethod::fromSignal(&AioListener::newConnection))
        QMetaObject::invokeMethod(this, [this] { d->announceReady(); }, Qt::QueuedConnection);
}

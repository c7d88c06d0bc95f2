// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiowatched_p.h"

#include "process/rawchannel.h"

#include <QAbstractEventDispatcher>

#include <utility>

namespace aio_detail {

void WatchedDescriptor::open(int descriptor, QSocketNotifier::Type type, QObject *owner,
                             const std::function<void()> &onActivated)
{
    close();
    m_descriptor = descriptor;
    if (!QAbstractEventDispatcher::instance())
        return;
    m_notifier = new QSocketNotifier(descriptor, type, owner);
    QObject::connect(m_notifier, &QSocketNotifier::activated, owner, onActivated);
}

void WatchedDescriptor::close()
{
    if (QSocketNotifier *notifier = std::exchange(m_notifier, nullptr)) {
        notifier->setEnabled(false);
        notifier->deleteLater();    // it may be the one that called
    }
    aio_raw::closeDescriptor(m_descriptor);
}

void WatchedDescriptor::setEnabled(bool enabled)
{
    if (m_notifier)
        m_notifier->setEnabled(enabled);
}

} // namespace aio_detail

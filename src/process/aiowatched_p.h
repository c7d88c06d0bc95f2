// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QSocketNotifier>

#include <functional>

namespace aio_detail {

/*
 * A descriptor that is watched from the event loop of its owner's thread, where there is one when it is opened. On a plain
 * thread blocking calls poll() it. The notifier is a child of the owner, so that it follows it to another thread.
 */
class WatchedDescriptor
{
public:
    WatchedDescriptor() = default;
    ~WatchedDescriptor() { close(); }
    WatchedDescriptor(const WatchedDescriptor &) = delete;
    WatchedDescriptor &operator=(const WatchedDescriptor &) = delete;

    /* Takes over \a descriptor; \a onActivated may destroy this. */
    void open(int descriptor, QSocketNotifier::Type type, QObject *owner, const std::function<void()> &onActivated);
    void close();
    void setEnabled(bool enabled);

    /* -1: closed */
    int get() const { return m_descriptor; }
    bool isOpen() const { return m_descriptor >= 0; }

private:
    int m_descriptor = -1;
    QSocketNotifier *m_notifier = nullptr;
};

} // namespace aio_detail

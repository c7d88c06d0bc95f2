// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlobject.h"

#include <QMetaMethod>
#include <QQmlInfo>

AioQmlObject::AioQmlObject(QObject *parent) : QObject(parent) { }
AioQmlObject::~AioQmlObject() = default;

void AioQmlObject::setName(const QString &name)
{
    if (name == m_name)
        return;
    m_name = name;
    Q_EMIT nameChanged();
    reopen();
}

void AioQmlObject::setContext(AioQmlContext *context)
{
    if (context == m_context)
        return;
    m_context = context;
    Q_EMIT contextChanged();
    reopen();
}

AioHandle AioQmlObject::handle() const
{
    return aio_qml::attempt(this, [this] { return m_isComplete || m_core ? requireCore().handle() : m_handle; });
}

void AioQmlObject::setHandle(const AioHandle &handle)
{
    if (handle == m_handle)
        return;
    m_handle = handle;
    reopen();
}

QString AioQmlObject::describe()
{
    return aio_qml::attempt(this, [this] { return requireCore().describe(); });
}

AioObject &AioQmlObject::requireCore() const
{
    if (!m_core) {
        auto *const self = const_cast<AioQmlObject *>(this);    // opened when it is first asked for, whoever asks
        self->m_core = self->open();
        connect(m_core.get(), &AioObject::errorOccurred, self, &AioQmlObject::errorOccurred);
        self->watch();
    }
    return *m_core;
}

void AioQmlObject::adopt(std::unique_ptr<AioObject> core)
{
    m_adopted = std::move(core);
    reopen();
}

void AioQmlObject::connectNotify(const QMetaMethod &signal)
{
    if (signal != QMetaMethod::fromSignal(&AioQmlObject::stateChanged))
        return;
    m_isWatched = true;
    watch();
}

void AioQmlObject::watch()
{
    if (m_core && m_isWatched)
        connect(m_core.get(), &AioObject::stateChanged, this, &AioQmlObject::tellOfChange, Qt::UniqueConnection);
}

// The first change after the last listener has gone ends the watch.
void AioQmlObject::tellOfChange()
{
    m_isWatched = isSignalConnected(QMetaMethod::fromSignal(&AioQmlObject::stateChanged));
    if (m_isWatched)
        Q_EMIT stateChanged();
    else
        disconnect(m_core.get(), &AioObject::stateChanged, this, nullptr);
}

void AioQmlObject::requireNoName() const
{
    if (!m_name.isEmpty()) {
        aio_detail::throwError(AioError::UsageError,
                               QStringLiteral("objects of this class have no names: pass '%1' on as a handle").arg(m_name));
    }
}

void AioQmlObject::reopen()
{
    if (!m_isComplete)
        return;
    m_core.reset();
    componentComplete();
}

void AioQmlObject::componentComplete()
{
    m_isComplete = true;
    try {
        requireCore();
    } catch (const AioException &e) {
        qmlWarning(this) << e.error().message;
        Q_EMIT errorOccurred(e.error());
    }
    Q_EMIT handleChanged();
    Q_EMIT stateChanged();
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlcontext.h"

#include "aioscriptvalues.h"

AioQmlContext::AioQmlContext(QObject *parent) : QObject(parent) { }
AioQmlContext::~AioQmlContext() = default;

AioContext &AioQmlContext::core() const
{
    if (m_name.isEmpty())
        return *AioContext::defaultContext();
    if (!m_named)
        m_named = std::make_unique<AioContext>(m_name);
    return *m_named;
}

void AioQmlContext::setName(const QString &name)
{
    if (name == m_name)
        return;
    m_name = name;
    m_named.reset();
    apply();
    Q_EMIT nameChanged();
}

double AioQmlContext::memoryLimit() const
{
    return aio_qml::attempt(this, [this] { return double(core().memoryLimit()); });
}

void AioQmlContext::setMemoryLimit(double bytes)
{
    m_memoryLimit = bytes;
    apply();
    Q_EMIT settingsChanged();
}

AioQmlContext::StartMethod AioQmlContext::startMethod() const
{
    return aio_qml::attempt(this, [this] { return StartMethod(core().startMethod()); });
}

void AioQmlContext::setStartMethod(StartMethod method)
{
    m_startMethod = method;
    apply();
    Q_EMIT settingsChanged();
}

void AioQmlContext::setWorkerProgram(const QString &program)
{
    m_workerProgram = program;
    apply();
    Q_EMIT settingsChanged();
}

void AioQmlContext::setWorkerArguments(const QStringList &arguments)
{
    m_workerArguments = arguments;
    apply();
    Q_EMIT settingsChanged();
}

QString AioQmlContext::dump() const
{
    return aio_qml::attempt(this, [this] { return core().dump(); });
}

void AioQmlContext::componentComplete()
{
    m_isComplete = true;
    apply();
}

// What was said goes to the context, once it is known which one that is.
void AioQmlContext::apply()
{
    if (!m_isComplete)
        return;
    aio_qml::attempt(this, [this] {
        AioContext &context = core();
        if (m_memoryLimit)
            context.setMemoryLimit(qint64(*m_memoryLimit));
        if (m_startMethod)
            context.setStartMethod(AioContext::StartMethod(*m_startMethod));
        if (!m_workerProgram.isEmpty())
            context.setWorkerProgram(m_workerProgram, m_workerArguments);
    });
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "qmlkit.h"

#include <QQmlContext>
#include <QQmlEngine>

#include <csignal>

namespace {

QStringList s_log;
QtMessageHandler s_handler = nullptr;

void collect(QtMsgType, const QMessageLogContext &context, const QString &text)
{
    s_log.append(QLatin1StringView(context.category) + QStringLiteral(": ") + text);
}

} // namespace

QmlKit::QmlKit() = default;
QmlKit::~QmlKit() = default;

void QmlKit::watchLoop()
{
    m_loop = std::make_unique<EventLoopChecker>();
}

bool QmlKit::loopStayedAlive()
{
    return m_loop->stayedAlive();
}

void QmlKit::collectLog()
{
    s_log.clear();
    s_handler = qInstallMessageHandler(&collect);
}

QStringList QmlKit::logSoFar() const
{
    return s_log;
}

QStringList QmlKit::collectedLog()
{
    qInstallMessageHandler(s_handler);
    return s_log;
}

void QmlKit::kill(double pid)
{
    ::kill(pid_t(pid), SIGKILL);
}

void QmlKit::collectGarbage()
{
    m_engine->collectGarbage();
}

void QmlKit::qmlEngineAvailable(QQmlEngine *engine)
{
    m_engine = engine;
    engine->addImportPath(QStringLiteral(AIO_QML_IMPORTS));
    engine->rootContext()->setContextProperty(QStringLiteral("kit"), this);
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "eventloopchecker.h"

#include <QObject>
#include <QStringList>

#include <memory>

QT_BEGIN_NAMESPACE
class QQmlEngine;
QT_END_NAMESPACE

/* What tests in QML cannot do by themselves; they know it as `kit`. */
class QmlKit : public QObject
{
    Q_OBJECT
public:
    QmlKit();
    ~QmlKit() override;

    /* The event loop is watched from here on; and did it stay alive? */
    Q_INVOKABLE void watchLoop();
    Q_INVOKABLE bool loopStayedAlive();
    /* Collects what is logged from here on instead of printing it; and what was it? */
    Q_INVOKABLE void collectLog();
    Q_INVOKABLE QStringList logSoFar() const;
    Q_INVOKABLE QStringList collectedLog();
    Q_INVOKABLE void kill(double pid);
    Q_INVOKABLE void collectGarbage();

public Q_SLOTS:
    void qmlEngineAvailable(QQmlEngine *engine);     // Quick Test calls it

private:
    std::unique_ptr<EventLoopChecker> m_loop;
    QQmlEngine *m_engine = nullptr;
};

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocontext.h>

#include <QObject>
#include <QQmlEngine>
#include <QQmlParserStatus>
#include <QStringList>

#include <memory>
#include <optional>

/*!
 * \class AioContext
 * \brief The shared memory that objects live in, and how this program starts its workers.
 *
 * \code
 * AioContext { id: indexer; name: "indexer" }                  // where programs that are not parent and child meet
 * AioQueue { name: "jobs"; context: indexer }
 * AioContext { startMethod: AioContext.ForkServer }            // the default context: it has no name
 * \endcode
 *
 * The name counts when the object is complete.
 */
class AioQmlContext : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    QML_NAMED_ELEMENT(AioContext)
    Q_PROPERTY(QString name READ name WRITE setName NOTIFY nameChanged)
    Q_PROPERTY(double memoryLimit READ memoryLimit WRITE setMemoryLimit NOTIFY settingsChanged)
    Q_PROPERTY(StartMethod startMethod READ startMethod WRITE setStartMethod NOTIFY settingsChanged)
    Q_PROPERTY(QString workerProgram READ workerProgram WRITE setWorkerProgram NOTIFY settingsChanged)
    Q_PROPERTY(QStringList workerArguments READ workerArguments WRITE setWorkerArguments NOTIFY settingsChanged)
public:
    enum StartMethod { Spawn = AioContext::Spawn, ForkServer = AioContext::ForkServer };
    Q_ENUM(StartMethod)

    explicit AioQmlContext(QObject *parent = nullptr);
    ~AioQmlContext() override;

    QString name() const { return m_name; }
    void setName(const QString &name);
    /*! Bytes. */
    double memoryLimit() const;
    void setMemoryLimit(double bytes);
    StartMethod startMethod() const;
    void setStartMethod(StartMethod method);
    /*! The program that runs this program's functions, if that is another one, as it must be with the tool qml. */
    QString workerProgram() const { return m_workerProgram; }
    void setWorkerProgram(const QString &program);
    QStringList workerArguments() const { return m_workerArguments; }
    void setWorkerArguments(const QStringList &arguments);

    /*! Every object of the context and who waits for it, as text for people. */
    Q_INVOKABLE QString dump() const;

    /*! The context; throws AioException. */
    AioContext &core() const;

    void classBegin() override { m_isComplete = false; }
    void componentComplete() override;

Q_SIGNALS:
    void nameChanged();
    void settingsChanged();

private:
    void apply();

    bool m_isComplete = true;
    QString m_name;
    mutable std::unique_ptr<AioContext> m_named;
    std::optional<double> m_memoryLimit;
    std::optional<StartMethod> m_startMethod;
    QString m_workerProgram;
    QStringList m_workerArguments;
};

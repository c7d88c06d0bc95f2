// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiopromises.h"

#include <aioprocessing/aioprocess.h>

#include <QQmlEngine>
#include <QQmlParserStatus>

#include <memory>

/*!
 * \class AioProcess
 * \brief A function of this program, or any program, in a process of its own.
 *
 * \code
 * AioProcess { id: hashing; target: "hashOf"; arguments: [file] }      // AIO_FUNCTION(hashOf) stands in the program
 * hashing.run().then(hash => ..., error => ...)
 * AioProcess { program: "ping"; arguments: ["-c", "3", host]; running: true; onOutputLine: line => log.append(line) }
 * \endcode
 *
 * A worker is the program itself, started once more, whose main() begins with AioProcessing::isWorker(); or AioContext.workerProgram. It
 * needs no display.
 *
 * It can be started again when it has ended. Destroying it kills the process. Settings count at the next start.
 */
class AioQmlProcess : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    QML_NAMED_ELEMENT(AioProcess)
    Q_PROPERTY(QString target MEMBER m_target NOTIFY settingsChanged)
    Q_PROPERTY(QString program MEMBER m_program NOTIFY settingsChanged)
    Q_PROPERTY(QJSValue arguments READ arguments WRITE setArguments NOTIFY settingsChanged)
    Q_PROPERTY(QString name MEMBER m_name NOTIFY settingsChanged)
    Q_PROPERTY(bool daemon MEMBER m_isDaemon NOTIFY settingsChanged)
    Q_PROPERTY(QString workingDirectory MEMBER m_workingDirectory NOTIFY settingsChanged)
    Q_PROPERTY(QVariantMap environment MEMBER m_environment NOTIFY settingsChanged)
    Q_PROPERTY(bool running READ isRunning WRITE setRunning NOTIFY stateChanged)
    Q_PROPERTY(int pid READ pid NOTIFY stateChanged)
    Q_PROPERTY(QVariant exitCode READ exitCode NOTIFY stateChanged)
    Q_PROPERTY(ExitReason exitReason READ exitReason NOTIFY stateChanged)
    Q_PROPERTY(QVariant result READ result NOTIFY stateChanged)
    Q_PROPERTY(AioError error READ error NOTIFY stateChanged)
public:
    enum ExitReason {
        Running = AioProcess::Running, CleanExit = AioProcess::CleanExit, AbnormalExit = AioProcess::AbnormalExit,
        Killed = AioProcess::Killed, Crashed = AioProcess::Crashed, OutOfMemory = AioProcess::OutOfMemory,
        LaunchFailed = AioProcess::LaunchFailed
    };
    Q_ENUM(ExitReason)

    explicit AioQmlProcess(QObject *parent = nullptr);
    ~AioQmlProcess() override;

    QJSValue arguments() const { return m_arguments; }
    void setArguments(const QJSValue &arguments);
    /*! Setting it starts or terminates the process. */
    bool isRunning() const;
    void setRunning(bool running);
    int pid() const;
    /*! Undefined until it has ended; -N: ended by signal N. */
    QVariant exitCode() const;
    ExitReason exitReason() const;
    /*! What the function has returned. */
    QVariant result() const;
    AioError error() const;

    /*! Starts it; resolves when the function begins, or the program executes. */
    Q_INVOKABLE QJSValue start(const QJSValue &options = QJSValue());
    /*! True, when it has ended; false: out of time, and it runs on. */
    Q_INVOKABLE QJSValue join(const QJSValue &options = QJSValue());
    /*! Starts it, and resolves with the function's result, or the exit code of a program, when it has ended. Cancelling it kills the process. */
    Q_INVOKABLE QJSValue run(const QJSValue &options = QJSValue());
    /*! Asks it to end, and kills it five seconds later. */
    Q_INVOKABLE void terminate();
    Q_INVOKABLE void kill();
    Q_INVOKABLE void interrupt();
    /*! Writes text, or an ArrayBuffer, to a program's standard input. True, when the system has it; false: out of time. */
    Q_INVOKABLE QJSValue write(const QJSValue &data, const QJSValue &options = QJSValue());
    Q_INVOKABLE void closeInput();

    void classBegin() override { m_isComplete = false; }
    void componentComplete() override;

Q_SIGNALS:
    void started();
    void finished(int exitCode, AioQmlProcess::ExitReason exitReason);
    /*! A line of what it prints, without its end. */
    void outputLine(const QString &line);
    void errorLine(const QString &line);
    void errorOccurred(const AioError &error);
    void settingsChanged();
    void stateChanged();

private:
    AioProcess &prepare();
    AioProcess &current(const char *operation) const;
    QCoro::Task<QVariant> runToEnd(std::stop_token stop);

    QString m_target;
    QString m_program;
    QJSValue m_arguments;
    QString m_name;
    bool m_isDaemon = false;
    QString m_workingDirectory;
    QVariantMap m_environment;
    bool m_isComplete = true;
    bool m_isWanted = false;
    std::shared_ptr<AioProcess> m_core;
};

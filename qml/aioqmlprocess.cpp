// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlprocess.h"

#include <QMetaMethod>

using aio_qml::attempt;

AioQmlProcess::AioQmlProcess(QObject *parent) : QObject(parent) { }
AioQmlProcess::~AioQmlProcess() = default;

void AioQmlProcess::setArguments(const QJSValue &arguments)
{
    m_arguments = arguments;
    Q_EMIT settingsChanged();
}

void AioQmlProcess::componentComplete()
{
    m_isComplete = true;
    if (m_isWanted)
        setRunning(true);
}

bool AioQmlProcess::isRunning() const
{
    return m_core && m_core->isAlive();
}

void AioQmlProcess::setRunning(bool running)
{
    m_isWanted = running;
    if (!m_isComplete || running == isRunning())
        return;
    attempt(this, [this, running] {
        if (running)
            prepare().start();
        else
            m_core->terminate();
    });
}

int AioQmlProcess::pid() const
{
    return m_core ? int(m_core->pid()) : 0;
}

QVariant AioQmlProcess::exitCode() const
{
    const std::optional<int> code = m_core ? m_core->exitCode() : std::nullopt;
    return code ? QVariant(*code) : QVariant();
}

AioQmlProcess::ExitReason AioQmlProcess::exitReason() const
{
    return m_core ? ExitReason(m_core->exitReason()) : Running;
}

QVariant AioQmlProcess::result() const
{
    return m_core ? m_core->result() : QVariant();
}

AioError AioQmlProcess::error() const
{
    return m_core ? m_core->error() : AioError();
}

// The process that the settings describe. Throws AioException.
AioProcess &AioQmlProcess::prepare()
{
    const auto fail = [](const QString &text) { aio_detail::throwError(AioError::UsageError, text, QStringLiteral("AioProcess::start")); };
    if (isRunning())
        fail(QStringLiteral("the process is running already"));
    if (m_target.isEmpty() == m_program.isEmpty())
        fail(QStringLiteral("set either 'target', the name of a function, or 'program'"));
    const QVariantList arguments = aio_qml::toMessages(m_arguments, "AioProcess::arguments");
    if (m_program.isEmpty()) {
        m_core = std::make_shared<AioProcess>(AioCall::named(m_target).withArguments(arguments));
    } else {
        QStringList texts;
        for (const QVariant &argument : arguments)
            texts.append(argument.toString());
        m_core = std::make_shared<AioProcess>(m_program, texts);
    }
    AioProcess *const process = m_core.get();
    if (!m_name.isEmpty())
        process->setName(m_name);
    if (m_isDaemon)
        process->setDaemon(true);
    if (!m_workingDirectory.isEmpty())
        process->setWorkingDirectory(m_workingDirectory);
    if (!m_environment.isEmpty()) {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (auto it = m_environment.cbegin(); it != m_environment.cend(); ++it)
            environment.insert(it.key(), it.value().toString());
        process->setEnvironment(environment);
    }
    connect(process, &AioProcess::started, this, &AioQmlProcess::started);
    connect(process, &AioProcess::finished, this,
            [this](int code, AioProcess::ExitReason reason) { Q_EMIT finished(code, ExitReason(reason)); });
    connect(process, &AioProcess::errorOccurred, this, &AioQmlProcess::errorOccurred);
    connect(process, &AioProcess::aliveChanged, this, &AioQmlProcess::stateChanged);
    // who does not listen leaves the output where this program's goes
    if (isSignalConnected(QMetaMethod::fromSignal(&AioQmlProcess::outputLine)))
        connect(process, &AioProcess::outputLine, this, [this](const QByteArray &line) { Q_EMIT outputLine(QString::fromUtf8(line)); });
    if (isSignalConnected(QMetaMethod::fromSignal(&AioQmlProcess::errorLine)))
        connect(process, &AioProcess::errorLine, this, [this](const QByteArray &line) { Q_EMIT errorLine(QString::fromUtf8(line)); });
    return *process;
}

AioProcess &AioQmlProcess::current(const char *operation) const
{
    if (!m_core)
        aio_detail::throwError(AioError::UsageError, QStringLiteral("the process was not started"), QLatin1StringView(operation));
    return *m_core;
}

QJSValue AioQmlProcess::start(const QJSValue &options)
{
    return AioPromises::make(this, options, {QStringLiteral("signal")}, [this](const AioOptions &, std::stop_token stop) {
        return prepare().coro_start(std::move(stop));
    });
}

QJSValue AioQmlProcess::join(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return current("AioProcess::join").coro_join(deadline, std::move(stop));
    });
}

QCoro::Task<QVariant> AioQmlProcess::runToEnd(std::stop_token stop)
{
    AioProcess &process = prepare();
    process.start();
    const std::weak_ptr<AioProcess> alive = m_core;
    const bool isProgram = !m_program.isEmpty();
    AioError error;
    try {
        co_await process.coro_join(stop);
    } catch (const AioException &e) {
        error = e.error();
    }
    const std::shared_ptr<AioProcess> core = alive.lock();
    if (core && error)
        core->kill();
    else if (core && (!isProgram || core->exitReason() == AioProcess::LaunchFailed))
        error = core->error();
    if (error)
        throw AioException(error);
    if (!core)
        co_return QVariant();
    co_return isProgram ? QVariant(core->exitCode().value_or(0)) : core->result();
}

QJSValue AioQmlProcess::run(const QJSValue &options)
{
    return AioPromises::make(this, options, {QStringLiteral("signal")}, [this](const AioOptions &, std::stop_token stop) {
        return runToEnd(std::move(stop));
    });
}

void AioQmlProcess::terminate()
{
    attempt(this, [this] { current("AioProcess::terminate").terminate(); });
}

void AioQmlProcess::kill()
{
    attempt(this, [this] { current("AioProcess::kill").kill(); });
}

void AioQmlProcess::interrupt()
{
    attempt(this, [this] { current("AioProcess::interrupt").interrupt(); });
}

QJSValue AioQmlProcess::write(const QJSValue &data, const QJSValue &options)
{
    return AioPromises::of(this, options, [this, &data](QDeadlineTimer deadline, std::stop_token stop) {
        return current("AioProcess::write").coro_write(aio_qml::toBytes(data), deadline, std::move(stop));
    });
}

void AioQmlProcess::closeInput()
{
    attempt(this, [this] { current("AioProcess::closeInput").closeInput(); });
}

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioConnection>

#include <QProcess>
#include <QStringList>

/* What tests with Python share. */
namespace AioTest {

/* Those of AIO_PYTHONS ("/usr/bin/python3.8 /usr/bin/python3.13"), by default python3, that work. */
inline QStringList pythons()
{
    QStringList found;
    const QString wanted = qEnvironmentVariable("AIO_PYTHONS", QStringLiteral("python3"));
    for (const QString &python : wanted.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        QProcess process;
        process.start(python, {QStringLiteral("-c"), QStringLiteral("import multiprocessing.connection")});
        if (process.waitForStarted() && process.waitForFinished() && process.exitCode() == 0)
            found.append(python);
    }
    return found;
}

/* Whether \a python is older than 3.12, which brought digests. */
inline bool isOld(const QString &python)
{
    QProcess process;
    process.start(python, {QStringLiteral("-c"), QStringLiteral("import sys; sys.exit(sys.version_info < (3, 12))")});
    process.waitForFinished();
    return process.exitCode() != 0;
}

inline AioConnection::Digest weakestDigestOf(const QString &python)
{
    return isOld(python) ? AioConnection::Md5 : AioConnection::Sha256;
}

/* The Python side, with lines both ways; killed at the end if it still runs. */
class Peer
{
public:
    Peer(const QString &python, const QString &script, const QStringList &arguments)
    {
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(python, QStringList{script} + arguments);
    }
    ~Peer() { kill(); }
    Q_DISABLE_COPY_MOVE(Peer)

    void kill()
    {
        m_process.kill();
        m_process.waitForFinished();
    }
    bool hasLine() const { return m_process.canReadLine() || m_process.state() == QProcess::NotRunning; }
    QByteArray line()
    {
        while (!m_process.canReadLine()) {
            if (!m_process.waitForReadyRead(30000))
                return m_process.readAllStandardOutput().trimmed();
        }
        return m_process.readLine().trimmed();
    }
    void say(const QByteArray &line)
    {
        m_process.write(line + '\n');
        m_process.waitForBytesWritten();
    }
    void closeInput() { m_process.closeWriteChannel(); }
    bool endsWell()
    {
        m_process.waitForFinished();
        return m_process.exitStatus() == QProcess::NormalExit && m_process.exitCode() == 0;
    }

private:
    QProcess m_process;
};

/* An address as Python's side has it: host:port, or a path. */
inline QString toPython(const AioAddress &address)
{
    return address.isTcp() ? QStringLiteral("%1:%2").arg(address.host()).arg(address.port()) : address.localPath();
}

inline AioAddress fromPython(const QByteArray &line)
{
    const QString text = QString::fromLocal8Bit(line);
    return text.startsWith(QLatin1Char('/')) ? AioAddress::local(text) : AioAddress(QStringLiteral("tcp://") + text);
}

} // namespace AioTest

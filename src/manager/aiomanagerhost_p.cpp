// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagerhost_p.h"

#include "base/aioapplicationend_p.h"
#include "manager/aiomanagedpool_p.h"
#include "manager/aiomanagerserver_p.h"
#include "process/aioidentity_p.h"

#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiopipe.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotask.h>

#include <QThread>

namespace aio_detail {

using namespace std::chrono_literals;

namespace {

constexpr auto endTime = 5s;

// -- in a thread

class ThreadHost final : public ManagerHost
{
public:
    explicit ThreadHost(const ManagerAddress &where)
    {
        m_thread.setObjectName(QStringLiteral("AioManager server"));
        m_context.moveToThread(&m_thread);
        m_thread.start();
        AioError error;
        const auto listen = [&] {
            try {
                m_server = new ManagerServer(where.address, where.key, where.minimum, &m_context);
                m_address = m_server->address();
                QObject::connect(m_server, &ManagerServer::finished, &m_context, [this] { m_ended.set(); });
            } catch (const AioException &e) {
                error = e.error();
            }
        };
        QMetaObject::invokeMethod(&m_context, listen, Qt::BlockingQueuedConnection);
        if (error) {
            end();
            throw AioException(error);
        }
    }
    ~ThreadHost() override { end(); }

    AioAddress address() const override { return m_address; }
    void wait() override { end(); }
    QCoro::Task<> coro_wait() override
    {
        end();
        co_return;
    }
    bool join(const QDeadlineTimer &deadline, const std::stop_token &stop) override { return m_ended.wait(deadline, stop); }
    QCoro::Task<bool> coro_join(QDeadlineTimer deadline, std::stop_token stop) override { return m_ended.coro_wait(deadline, stop); }

private:
    void end()
    {
        if (!m_thread.isRunning())
            return;
        const auto close = [this] { delete std::exchange(m_server, nullptr); };
        QMetaObject::invokeMethod(&m_context, close, Qt::BlockingQueuedConnection);
        m_thread.quit();
        m_thread.wait();
        waitForManagedPools();      // those that a call kept until the thread ended
    }

    QThread m_thread;
    QObject m_context;
    ManagerServer *m_server = nullptr;      // a child of the context
    AioAddress m_address;
    AioEvent m_ended;
    const ApplicationEnd m_applicationEnd{[this] { end(); }};
};

// -- in a process

// Runs in the worker: serves until a client says that it is enough, and tells `parent` where, or why not.
QCoro::Task<void> serveManager(AioConnection &parent, QString address, QByteArray key, int minimum)
{
    const auto waits = std::make_shared<LocalWaits>();
    std::unique_ptr<ManagerServer> server;
    AioError error;
    allowWorkers();     // of pools
    try {
        server = std::make_unique<ManagerServer>(AioAddress(address), key, AioConnection::Digest(minimum));
    } catch (const AioException &e) {
        error = e.error();
    }
    const QVariant told = error ? QVariant::fromValue(error) : QVariant(server->address().toString());
    co_await parent.coro_send(told);
    if (error)
        co_return;
    QObject::connect(server.get(), &ManagerServer::finished, server.get(), [waits] { waits->completeAll(); });
    LocalWait wait(waits, QDeadlineTimer(QDeadlineTimer::Forever), {}, "AioManager::serve");
    co_await wait.done();
}

class ProcessHost final : public ManagerHost
{
public:
    explicit ProcessHost(const ManagerAddress &where)
        : m_process(AioCall::to<&serveManager>(m_pipe.second(), where.address.isNull() ? QString() : where.address.toString(), where.key,
                                               int(where.minimum)))
    {
        m_process.setName(QStringLiteral("AioManager"));
        m_process.setDaemon(true);
    }

    ~ProcessHost() override
    {
        if (!m_address.isLocal() || m_process.exitReason() == AioProcess::CleanExit)
            return;
        m_process.kill();
        m_process.join();
        try {
            const AioListener heir(m_address);      // takes the name over, and gives it up as a killed server cannot
        } catch (const AioException &) {            // somebody else has it already
        }
    }

    AioProcess &process() { return m_process; }
    AioConnection &pipe() { return m_pipe.first(); }
    void adopt(const QVariant &told)
    {
        if (told.metaType() == QMetaType::fromType<AioError>())
            throw AioException(told.value<AioError>());
        m_address = AioAddress(told.toString());
    }

    AioAddress address() const override { return m_address; }
    void wait() override
    {
        const bool hasEnded = m_process.join(QDeadlineTimer(endTime));
        if (!hasEnded)
            m_process.kill();
        m_process.join();
    }
    QCoro::Task<> coro_wait() override
    {
        const bool hasEnded = co_await m_process.coro_join(QDeadlineTimer(endTime));
        if (!hasEnded)
            m_process.kill();
        co_await m_process.coro_join();
    }
    bool join(const QDeadlineTimer &deadline, const std::stop_token &stop) override { return m_process.join(deadline, stop); }
    QCoro::Task<bool> coro_join(QDeadlineTimer deadline, std::stop_token stop) override { return m_process.coro_join(deadline, stop); }

private:
    AioPipe m_pipe;
    AioProcess m_process;
    AioAddress m_address;
};

} // namespace

std::unique_ptr<ManagerHost> ManagerHost::inThread(const ManagerAddress &where)
{
    return std::make_unique<ThreadHost>(where);
}

std::unique_ptr<ManagerHost> ManagerHost::inProcess(const ManagerAddress &where, const QDeadlineTimer &deadline)
{
    auto host = std::make_unique<ProcessHost>(where);
    host->process().start();
    const std::optional<QVariant> told = host->pipe().recv(std::min(deadline, QDeadlineTimer(host->process().startTimeout())));
    if (!told)
        return nullptr;
    host->adopt(*told);
    return host;
}

QCoro::Task<std::unique_ptr<ManagerHost>> ManagerHost::coro_inProcess(ManagerAddress where, QDeadlineTimer deadline, std::stop_token stop)
{
    auto host = std::make_unique<ProcessHost>(where);
    co_await host->process().coro_start(stop);
    const std::optional<QVariant> told = co_await host->pipe().coro_recv(deadline, stop);
    if (!told)
        co_return std::unique_ptr<ManagerHost>();
    host->adopt(*told);
    co_return std::move(host);
}

} // namespace aio_detail

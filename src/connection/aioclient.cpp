// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioclient.h>

#include "connection/aioconnection_p.h"
#include "connection/aioconnector_p.h"

#include <aioprocessing/aiotask.h>

#include <QPointer>

using namespace aio_detail;

/* What is there before the connection is. */
class AioClientPrivate
{
public:
    AioClientPrivate(AioClient *client, std::shared_ptr<AioConnectionPrivate> d, const AioAddress &to)
        : q(client), connection(std::move(d)), address(to) {}

    void requireUnconnected(const char *operation) const;
    std::unique_ptr<Connector> makeConnector() const;
    /* Takes what has come of \a connector, which is no longer Running, or throws why nothing has. */
    void conclude(Connector &connector);

    static QCoro::Task<bool> connectLater(std::shared_ptr<AioClientPrivate> d, QDeadlineTimer deadline, std::stop_token stop);

    AioClient *q;       // null: it is gone
    const std::shared_ptr<AioConnectionPrivate> connection;
    const AioAddress address;
    Authentication authentication;
    std::chrono::milliseconds handshakeTime{5000};
    bool isConnecting = false;
    const std::shared_ptr<LocalWaits> waits = std::make_shared<LocalWaits>();
};

namespace aio_detail {      // and not anonymous: g++ 14 crashes on such variables of a coroutine where rooms are compiled as one source

struct Lookup
{
    QList<SocketName> names;
    AioError error;
};

static Lookup lookUp(const AioAddress &address)
{
    Lookup lookup;
    lookup.error = resolve(address, lookup.names, QStringLiteral("AioClient::connectToPeer"));
    return lookup;
}

// true for as long as it lives
class Flag
{
public:
    explicit Flag(bool &flag) : m_flag(flag) { m_flag = true; }
    ~Flag() { m_flag = false; }
    Q_DISABLE_COPY_MOVE(Flag)

private:
    bool &m_flag;
};

} // namespace aio_detail

void AioClientPrivate::requireUnconnected(const char *operation) const
{
    if (!q)
        connection->failAsCancelled(operation);
    authentication.require(operation);
    if (connection->stream || isConnecting) {
        connection->fail(AioError::UsageError,
                         QStringLiteral("the client is connected, or about to be: close() it first, or use another one"), operation);
    }
}

std::unique_ptr<Connector> AioClientPrivate::makeConnector() const
{
    return std::make_unique<Connector>(address, authentication, handshakeTime, connection->maximumFrame);
}

void AioClientPrivate::conclude(Connector &connector)
{
    if (connector.state() == Connector::Failed)
        connection->fail(connector.error());
    connection->isTrusted = address.isLocal() || authentication.isWanted;
    if (authentication.isWanted && authentication.isPython)
        connection->codec = AioConnection::Pickle;
    connection->open(connector.takeStream());
    Q_EMIT q->connected();
}

QCoro::Task<bool> AioClientPrivate::connectLater(std::shared_ptr<AioClientPrivate> d, QDeadlineTimer deadline, std::stop_token stop)
{
    const char *operation = "AioClient::coro_connectToPeer";
    d->requireUnconnected(operation);
    if (stop.stop_requested())
        d->connection->failAsCancelled(operation);
    const Flag connecting(d->isConnecting);
    Lookup lookup;
    if (needsLookup(d->address)) {
        const AioAddress address = d->address;
        lookup = co_await AioProcessing::run(&lookUp, address);
    } else {
        lookup = lookUp(d->address);
    }
    if (!d->q)
        d->connection->failAsCancelled(operation);
    if (lookup.error)
        d->connection->fail(lookup.error);
    const std::unique_ptr<Connector> connector = d->makeConnector();
    QObject::connect(connector.get(), &Connector::finished, connector.get(), [waits = d->waits] { waits->completeAll(); });
    connector->start(lookup.names);
    if (connector->state() == Connector::Running) {
        LocalWait wait(d->waits, deadline, stop, operation);
        const LocalWait::Outcome outcome = co_await wait.done();
        if (outcome == LocalWait::Cancelled || !d->q)
            d->connection->failAsCancelled(operation);
        if (connector->state() == Connector::Running)
            co_return false;
    }
    d->conclude(*connector);
    co_return true;
}

AioClient::AioClient(const AioAddress &address, QObject *parent)
    : AioConnection(std::make_shared<AioConnectionPrivate>(), parent), m_client(std::make_shared<AioClientPrivate>(this, d_ptr, address))
{
}

AioClient::AioClient(const AioAddress &address, const QByteArray &key, QObject *parent) : AioClient(address, parent)
{
    m_client->authentication.isWanted = true;
    m_client->authentication.key = key;
}

AioClient::~AioClient()
{
    m_client->q = nullptr;
    m_client->waits->cancelAll();
}

AioAddress AioClient::address() const
{
    return m_client->address;
}

void AioClient::setHandshake(Handshake handshake, Digest minimum)
{
    m_client->authentication.isPython = handshake == Python;
    m_client->authentication.minimum = PythonDigest(minimum);
}

void AioClient::setHandshakeTimeout(std::chrono::milliseconds time)
{
    m_client->handshakeTime = time;
}

bool AioClient::connectToPeer(QDeadlineTimer deadline, std::stop_token stop)
{
    const char *operation = "AioClient::connectToPeer";
    m_client->requireUnconnected(operation);
    const Flag connecting(m_client->isConnecting);
    const Lookup lookup = lookUp(m_client->address);
    if (lookup.error)
        d_ptr->fail(lookup.error);
    const std::unique_ptr<Connector> connector = m_client->makeConnector();
    connector->start(lookup.names);
    Blocking wait;
    wait.proceed = [&connector] {
        connector->step();
        return connector->state() != Connector::Running;
    };
    wait.prepare = [&connector](std::vector<pollfd> &entries) { return connector->prepare(entries.emplace_back()); };
    const BlockResult result = blockOn(wait, deadline, stop, operation);
    if (result == BlockResult::Stopped)
        d_ptr->failAsCancelled(operation);
    if (result == BlockResult::TimedOut)
        return false;
    m_client->conclude(*connector);
    return true;
}

QCoro::Task<bool> AioClient::coro_connectToPeer(QDeadlineTimer deadline, std::stop_token stop)
{
    return AioClientPrivate::connectLater(m_client, deadline, std::move(stop));
}

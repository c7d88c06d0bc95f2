// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiomanager.h>

#include "manager/aiomanagererrors_p.h"
#include "manager/aiomanagerhost_p.h"
#include "manager/aioproxybackend_p.h"

#include <aioprocessing/aioworker.h>

using namespace aio_detail;

/* Shared with coroutines, which may outlive the manager. */
class AioManagerPrivate
{
public:
    explicit AioManagerPrivate(AioManager *manager) : q(manager) {}

    /* Announces \a error if the manager still is there, and throws it. */
    [[noreturn]] void fail(const AioError &reason);
    void requireUnused(const char *operation);
    void requireConnected(const char *operation);
    /* The link, made if need be. */
    std::shared_ptr<ManagerLink> linkFor(const char *operation);
    /* Whether the link was lost; then there is none any more, and the next one is another. */
    bool dropLost();
    /* What a call of the server has come to; throws its error. */
    QVariant conclude(const RemoteResult &result, const char *operation);
    std::shared_ptr<RemoteBackend> adopt(const RemoteResult &result, const char *operation);
    std::shared_ptr<RemoteBackend> adoptOpened(const RemoteResult &result, AioHandle::Kind kind, const char *operation);

    AioManager *q;          // null: it is gone
    ManagerAddress where;
    std::shared_ptr<ManagerHost> host;
    std::stop_source closing;       // stops when the manager goes
    std::shared_ptr<ManagerLink> link;
    AioError error;
};

void AioManagerPrivate::fail(const AioError &reason)
{
    if (q) {
        error = reason;
        Q_EMIT q->errorOccurred(reason);
    }
    throw AioException(reason);
}

void AioManagerPrivate::requireUnused(const char *operation)
{
    if (host || link) {
        fail(makeError(AioError::UsageError,
                       QStringLiteral("the manager serves or is connected already: use another object, or shut it down first"),
                       QLatin1StringView(operation), where.address.toString()));
    }
}

std::shared_ptr<ManagerLink> AioManagerPrivate::linkFor(const char *operation)
{
    if (where.address.isNull()) {
        fail(makeError(AioError::UsageError, QStringLiteral("there is no server yet: call serve(), start() or connectToServer()"),
                       QLatin1StringView(operation)));
    }
    if (!link)
        link = ManagerLink::to(where);
    return link;
}

bool AioManagerPrivate::dropLost()
{
    if (!link || !link->isLost())
        return false;
    link.reset();
    return true;
}

QVariant AioManagerPrivate::conclude(const RemoteResult &result, const char *operation)
{
    if (!result.error)
        return result.value;
    AioError reason = result.error;
    reason.operation = QLatin1StringView(operation);
    if (reason.key.isEmpty())
        reason.key = where.address.toString();
    fail(reason);
}

// (ident, exposed), and the type from a server of this library
std::shared_ptr<RemoteBackend> AioManagerPrivate::adopt(const RemoteResult &result, const char *operation)
{
    const QVariantList made = conclude(result, operation).toList();
    return std::make_shared<ProxyBackend>(link, made.value(0).toString(), handleKindOf(made.value(2).toString()), made.value(3));
}

std::shared_ptr<RemoteBackend> AioManagerPrivate::adoptOpened(const RemoteResult &result, AioHandle::Kind kind, const char *operation)
{
    const QVariantList made = conclude(result, operation).toList();
    const bool isNative = !link->run().isEmpty();
    const AioHandle::Kind found = isNative ? handleKindOf(made.value(2).toString()) : kind;
    const bool fits = found == kind || kind == AioHandle::Proxy || (kind == AioHandle::Queue && found == AioHandle::JoinableQueue);
    const AioHandle::Kind used = kind == AioHandle::Proxy ? kind : found;
    const auto remote = std::make_shared<ProxyBackend>(link, made.value(0).toString(), used, made.value(3));
    if (!fits) {
        fail(makeError(AioError::TypeMismatch, QStringLiteral("what was published there is a %1").arg(made.value(2).toString()),
                       QLatin1StringView(operation), where.address.toString()));
    }
    return remote;
}

namespace {

RemoteCall creating(const char *operation, const QString &typeId, QVariantList arguments)
{
    arguments.prepend(typeId);
    return RemoteCall(operation, "create", arguments);
}

RemoteCall publishing(const QString &name, const AioHandle &handle)
{
    return RemoteCall("AioManager::publish", "publish", {name, QString::number(handle.address(), 16)});
}

} // namespace

AioManager::AioManager(const AioAddress &address, const QByteArray &authKey, QObject *parent)
    : QObject(parent), d(std::make_shared<AioManagerPrivate>(this))
{
    d->where.address = address;
    d->where.key = authKey.isEmpty() ? AioProcessing::currentProcess().authKey : authKey;
}

AioManager::~AioManager()
{
    d->q = nullptr;
    d->closing.request_stop();
    qDeleteAll(findChildren<AioObject *>(QString(), Qt::FindDirectChildrenOnly));     // while there is a server to tell
    qDeleteAll(findChildren<AioPool *>(QString(), Qt::FindDirectChildrenOnly));
    d->link.reset();
    d->host.reset();
}

AioAddress AioManager::address() const { return d->where.address; }
QByteArray AioManager::authKey() const { return d->where.key; }
AioError AioManager::error() const { return d->error; }
bool AioManager::isConnected() const { return d->link && !d->link->isLost(); }

void AioManager::setMinimumDigest(AioConnection::Digest digest)
{
    d->where.minimum = digest;
}

// -- the server

void AioManager::serve()
{
    const char *const operation = "AioManager::serve";
    d->requireUnused(operation);
    try {
        d->host = ManagerHost::inThread(d->where);
    } catch (const AioException &e) {
        d->fail(e.error());
    }
    d->where.address = d->host->address();
    connectToServer();
}

bool AioManager::start(QDeadlineTimer deadline)
{
    d->requireUnused("AioManager::start");
    try {
        d->host = ManagerHost::inProcess(d->where, deadline);
    } catch (const AioException &e) {
        d->fail(e.error());
    }
    if (!d->host)
        return false;
    d->where.address = d->host->address();
    connectToServer();
    return true;
}

QCoro::Task<bool> AioManager::coro_start(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto self = d;
    self->requireUnused("AioManager::coro_start");
    std::unique_ptr<ManagerHost> host;
    AioError failure;
    try {
        host = co_await ManagerHost::coro_inProcess(self->where, deadline, stop);
    } catch (const AioException &e) {
        failure = e.error();
    }
    if (failure)
        self->fail(failure);
    if (!self->q)
        self->fail(cancelledCall(QStringLiteral("AioManager::coro_start")));
    if (!host)
        co_return false;
    self->host = std::move(host);
    self->where.address = self->host->address();
    co_await self->q->coro_connectToServer(stop);
    co_return true;
}

void AioManager::connectToServer(std::stop_token stop)
{
    const char *const operation = "AioManager::connectToServer";
    RemoteCall call(operation, "dummy");
    call.stop = std::move(stop);
    RemoteResult result;
    for (int attempt = 0; attempt < 2; ++attempt) {     // a link that others have made may be lost just now
        result = d->linkFor(operation)->call({}, call);
        if (!d->dropLost())
            break;
    }
    d->conclude(result, operation);
    Q_EMIT connected();
}

QCoro::Task<> AioManager::coro_connectToServer(std::stop_token stop)
{
    const char *const operation = "AioManager::coro_connectToServer";
    const auto self = d;
    RemoteCall call(operation, "dummy");
    call.stop = std::move(stop);
    RemoteResult result;
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto link = self->linkFor(operation);
        result = co_await ManagerLink::callLater(link, {}, call);
        if (!self->dropLost())
            break;
    }
    self->conclude(result, operation);
    if (self->q)
        Q_EMIT self->q->connected();
}

void AioManager::shutDown()
{
    if (d->link && !d->link->isLost())
        d->link->call({}, RemoteCall("AioManager::shutDown", "shutdown"));
    d->link.reset();
    if (d->host)
        d->host->wait();
    d->host.reset();
    Q_EMIT shutDownDone();
}

QCoro::Task<> AioManager::coro_shutDown()
{
    const auto self = d;
    const auto link = std::exchange(self->link, nullptr);
    if (link && !link->isLost()) {
        const RemoteCall call("AioManager::coro_shutDown", "shutdown");
        const RemoteResult result = co_await ManagerLink::callLater(link, {}, call);
        Q_UNUSED(result);       // whatever it said, it must end
    }
    const std::shared_ptr<ManagerHost> host = std::move(self->host);
    if (host)
        co_await host->coro_wait();
    if (self->q)
        Q_EMIT self->q->shutDownDone();
}

bool AioManager::join(QDeadlineTimer deadline, std::stop_token stop)
{
    return !d->host || d->host->join(deadline, stop);
}

QCoro::Task<bool> AioManager::coro_join(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto self = d;
    const auto host = self->host;
    std::stop_source both;
    const std::function<void()> request = [&both] { both.request_stop(); };
    const std::stop_callback byCaller(stop, request);
    const std::stop_callback byClosing(self->closing.get_token(), request);
    bool hasEnded = true;
    AioError error;
    try {
        if (host)
            hasEnded = co_await host->coro_join(deadline, both.get_token());
    } catch (const AioException &e) {
        error = e.error();
    }
    if (error)
        self->fail(error);
    if (hasEnded && self->q)
        Q_EMIT self->q->joined();
    co_return hasEnded;
}

// -- objects

// Not inline: a program would have all these coroutines in each file that includes the header.

QCoro::Task<AioQueue *> AioManager::coro_createQueue(qsizetype maxSize)
{
    return coro_create<AioQueue>(QStringLiteral("Queue"), {maxSize});
}

QCoro::Task<AioJoinableQueue *> AioManager::coro_createJoinableQueue(qsizetype maxSize)
{
    return coro_create<AioJoinableQueue>(QStringLiteral("JoinableQueue"), {maxSize});
}

QCoro::Task<AioLock *> AioManager::coro_createLock()
{
    return coro_create<AioLock>(QStringLiteral("Lock"));
}

QCoro::Task<AioRLock *> AioManager::coro_createRLock()
{
    return coro_create<AioRLock>(QStringLiteral("RLock"));
}

QCoro::Task<AioSemaphore *> AioManager::coro_createSemaphore(int value)
{
    return coro_create<AioSemaphore>(QStringLiteral("Semaphore"), {value});
}

QCoro::Task<AioBoundedSemaphore *> AioManager::coro_createBoundedSemaphore(int value)
{
    return coro_create<AioBoundedSemaphore>(QStringLiteral("BoundedSemaphore"), {value});
}

QCoro::Task<AioEvent *> AioManager::coro_createEvent()
{
    return coro_create<AioEvent>(QStringLiteral("Event"));
}

QCoro::Task<AioCondition *> AioManager::coro_createCondition()
{
    return coro_create<AioCondition>(QStringLiteral("Condition"));
}

QCoro::Task<AioBarrier *> AioManager::coro_createBarrier(int parties, std::chrono::milliseconds timeout)
{
    return coro_create<AioBarrier>(QStringLiteral("Barrier"), barrierArguments(parties, timeout));
}

QCoro::Task<AioPool *> AioManager::coro_createPool(int processes)
{
    return coro_create<AioPool>(QStringLiteral("Pool"), poolArguments(processes));
}

QCoro::Task<AioDict *> AioManager::coro_createDict(QVariantMap entries)
{
    return coro_create<AioDict>(QStringLiteral("dict"), {QVariant(entries)});
}

QCoro::Task<AioList *> AioManager::coro_createList(QVariantList items)
{
    return coro_create<AioList>(QStringLiteral("list"), {QVariant(items)});
}

QCoro::Task<AioNamespace *> AioManager::coro_createNamespace()
{
    return coro_create<AioNamespace>(QStringLiteral("Namespace"));
}

QCoro::Task<AioValueProxy *> AioManager::coro_createValue(QString type, QVariant value)
{
    return coro_create<AioValueProxy>(QStringLiteral("Value"), {type, value});
}

QCoro::Task<AioArrayProxy *> AioManager::coro_createArray(QString type, QVariantList numbers)
{
    return coro_create<AioArrayProxy>(QStringLiteral("Array"), {type, QVariant(numbers)});
}

QVariantList AioManager::barrierArguments(int parties, std::chrono::milliseconds timeout, const AioCall &action)
{
    const QVariant seconds = timeout.count() < 0 ? QVariant() : QVariant(double(timeout.count()) / 1000);
    return {parties, action.isNull() ? QVariant() : QVariant::fromValue(action), seconds};
}

AioManager::Remote AioManager::createRemote(const QString &typeId, const QVariantList &arguments)
{
    const char *const operation = "AioManager::create";
    const auto link = d->linkFor(operation);
    return d->adopt(link->call({}, creating(operation, typeId, arguments)), operation);
}

QCoro::Task<AioManager::Remote> AioManager::coro_createRemote(QString typeId, QVariantList arguments)
{
    const char *const operation = "AioManager::coro_create";
    const auto self = d;
    const auto link = self->linkFor(operation);
    const RemoteCall call = creating(operation, typeId, arguments);
    const RemoteResult result = co_await ManagerLink::callLater(link, {}, call);
    if (!self->q)
        self->fail(cancelledCall(QLatin1StringView(operation)));
    co_return self->adopt(result, operation);
}

AioManager::Remote AioManager::openRemote(const QString &name, AioHandle::Kind kind)
{
    const char *const operation = "AioManager::open";
    const auto link = d->linkFor(operation);
    return d->adoptOpened(link->call({}, creating(operation, name, {})), kind, operation);
}

QCoro::Task<AioManager::Remote> AioManager::coro_openRemote(QString name, AioHandle::Kind kind)
{
    const char *const operation = "AioManager::coro_open";
    const auto self = d;
    const auto link = self->linkFor(operation);
    const RemoteCall call = creating(operation, name, {});
    const RemoteResult result = co_await ManagerLink::callLater(link, {}, call);
    if (!self->q)
        self->fail(cancelledCall(QLatin1StringView(operation)));
    co_return self->adoptOpened(result, kind, operation);
}

void AioManager::publishHandle(const QString &name, const AioHandle &handle)
{
    const char *const operation = "AioManager::publish";
    d->conclude(d->linkFor(operation)->call({}, publishing(name, handle)), operation);
}

QCoro::Task<> AioManager::coro_publishHandle(QString name, AioHandle handle)
{
    const char *const operation = "AioManager::coro_publish";
    const auto self = d;
    const RemoteCall call = publishing(name, handle);
    const auto link = self->linkFor(operation);
    const RemoteResult result = co_await ManagerLink::callLater(link, {}, call);
    self->conclude(result, operation);
}

int AioManager::numberOfObjects()
{
    const char *const operation = "AioManager::numberOfObjects";
    return d->conclude(d->linkFor(operation)->call({}, RemoteCall(operation, "number_of_objects")), operation).toInt();
}

QCoro::Task<int> AioManager::coro_numberOfObjects()
{
    const char *const operation = "AioManager::coro_numberOfObjects";
    const auto self = d;
    const auto link = self->linkFor(operation);
    const RemoteCall call(operation, "number_of_objects");
    const RemoteResult result = co_await ManagerLink::callLater(link, {}, call);
    co_return self->conclude(result, operation).toInt();
}

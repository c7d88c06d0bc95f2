// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagerserver_p.h"

#include "connection/aioconnection_p.h"
#include "connection/aiohandshake_p.h"
#include "manager/aiomanagedpool_p.h"
#include "manager/aiomanagersession_p.h"
#include "platform/rawsocket.h"

#include <aioprocessing/aiocall.h>
#include <aioprocessing/aiomessage.h>
#include <aioprocessing/aioremoteobject.h>

namespace aio_detail {

namespace {

AioListenerOptions optionsFor(const QByteArray &key, AioConnection::Digest minimum)
{
    return AioListenerOptions(key).withHandshake(AioConnection::Python, minimum);
}

QVariant tupleOf(const QStringList &names)
{
    QVariantList items;
    for (const QString &name : names)
        items.append(name);
    return QVariant::fromValue(AioRemoteObject::tuple(items));
}

// what clients of Python are told: the others are called by this library only
QStringList publicMethods(const ManagedObject &object)
{
    QStringList names = object.exposed();
    names.removeIf([](const QString &name) { return name.startsWith(QLatin1Char('#')); });
    return names;
}

// a name and its path are the same
bool isSamePlace(const AioAddress &a, const AioAddress &b)
{
    return a == b || (a.isLocal() && b.isLocal() && a.localPath() == b.localPath());
}

AioError noSuchObject(const QString &ident)
{
    const auto text = QStringLiteral("the manager has no object %1: it was not kept, or belonged to an earlier run");
    AioError error = pythonError("KeyError", text.arg(ident));
    error.code = AioError::StaleProxy;
    return error;
}

} // namespace

ManagerServer::ManagerServer(const AioAddress &address, const QByteArray &key, AioConnection::Digest minimum, QObject *parent)
    : QObject(parent), m_run(freshNonce(16).toHex()), m_listener(address, optionsFor(key, minimum))
{
    registerMetaType<AioHandle>();
    registerMetaType<AioRemoteObject>();
    registerMetaType<AioCall>();
    registerMetaType<AioError>();
    connect(&m_listener, &AioListener::newConnection, this, &ManagerServer::admit);
    connect(&m_pythonClients, &PythonClients::ended, this, &ManagerServer::dropAll);
}

ManagerServer::~ManagerServer()
{
    close();
    waitForManagedPools();
}

void ManagerServer::close()
{
    m_listener.close();
    const auto sessions = std::exchange(m_sessions, {});
    for (const auto &session : sessions)
        session->end();
    m_published.clear();
    m_objects.clear();
}

void ManagerServer::admit(AioConnection *connection)
{
    connection->setParent(nullptr);
    auto caller = std::make_shared<ManagerCaller>();
    caller->number = ++m_lastCaller;
    caller->socket = AioConnectionPrivate::of(*connection).stream->descriptor();
    caller->pid = aio_raw::peerProcess(caller->socket);
    const auto session = std::make_shared<ManagerSession>(*this, std::unique_ptr<AioConnection>(connection), std::move(caller));
    m_sessions.insert(session);
    session->start();
}

void ManagerServer::leave(const std::shared_ptr<ManagerSession> &session, ManagerCaller &caller)
{
    m_sessions.erase(session);
    QList<std::shared_ptr<ManagedObject>> all;      // what goes on when it is forgotten may create some, and let others go
    for (const Entry &entry : std::as_const(m_objects))
        all.append(entry.known.lock());
    for (const auto &object : std::as_const(all)) {
        if (object)
            object->forget(caller);
    }
    dropAll(std::exchange(caller.references, {}));
}

// -- objects

void ManagerServer::add(const std::shared_ptr<ManagedObject> &object)
{
    tidy();
    object->ident = QString::number(++m_lastIdent, 16);
    Entry entry;
    entry.known = object;
    m_objects.insert(object->ident, entry);
}

// Forgets those that other objects have kept, and keep no more.
void ManagerServer::tidy()
{
    if (m_objects.size() < m_tidyAt)
        return;
    m_objects.removeIf([](const auto &item) { return item.value().known.expired(); });
    m_tidyAt = qMax<qsizetype>(64, 2 * m_objects.size());
}

std::shared_ptr<ManagedObject> ManagerServer::find(const QString &ident) const
{
    return m_objects.value(ident).known.lock();
}

ManagerReferences &ManagerServer::referencesOf(ManagerCaller &caller)
{
    return caller.isNative ? caller.references : m_pythonClients.referencesOf(caller.pid);
}

void ManagerServer::refer(const QString &ident, ManagerCaller &caller)
{
    const auto entry = m_objects.find(ident);
    const auto object = entry == m_objects.end() ? nullptr : entry->known.lock();
    if (!object)
        throw AioException(noSuchObject(ident));
    entry->object = object;
    ++entry->references;
    ++referencesOf(caller)[ident];
}

void ManagerServer::unrefer(const QString &ident, ManagerCaller &caller)
{
    ManagerReferences &references = referencesOf(caller);
    const auto own = references.find(ident);
    if (own == references.end())
        throw AioException(noSuchObject(ident));
    if (--*own == 0)
        references.erase(own);
    drop(ident, 1);
}

void ManagerServer::drop(const QString &ident, int count)
{
    const auto entry = m_objects.find(ident);
    if (entry == m_objects.end())
        return;
    entry->references -= count;
    if (entry->references > 0)
        return;
    const auto last = std::exchange(entry->object, nullptr);
    if (last.use_count() == 1)
        m_objects.erase(entry);
}

void ManagerServer::dropAll(const ManagerReferences &references)
{
    for (auto it = references.begin(); it != references.end(); ++it)
        drop(it.key(), it.value());
}

void ManagerServer::publish(const QString &name, const QString &ident)
{
    const auto object = find(ident);
    if (!object)
        throw AioException(noSuchObject(ident));
    ManagedCall none;
    none.caller = std::make_shared<ManagerCaller>();
    bool isTaken = m_published.contains(name) && m_published.value(name) != object;
    try {
        isTaken = isTaken || makeManaged(name, none);
    } catch (const AioException &) {
        isTaken = true;
    }
    if (isTaken)
        raise("FileExistsError", QStringLiteral("something else of this manager is called \"%1\": use another name").arg(name));
    m_published.insert(name, object);
}

QVariant ManagerServer::create(const ManagerRequest &request, const std::shared_ptr<ManagerCaller> &caller)
{
    ManagedCall call;
    call.method = QStringLiteral("create");
    call.arguments = fromWire(request.arguments).toList();
    call.keywords = fromWire(request.keywords).toMap();
    call.caller = caller;
    if (call.arguments.isEmpty())
        raise("TypeError", QStringLiteral("create() misses the type"));
    const QString typeId = call.arguments.takeFirst().toString();
    std::shared_ptr<ManagedObject> object = m_published.value(typeId);
    if (!object) {
        object = makeManaged(typeId, call);
        if (!object) {
            const auto text = QStringLiteral("this manager makes no \"%1\", and has nothing that is published under that name");
            raise("KeyError", text.arg(typeId));
        }
        object->typeId = typeId;
        add(object);
    }
    refer(object->ident, *caller);
    const QVariantList result{object->ident, tupleOf(publicMethods(*object)), object->typeId, object->detail()};
    // Python's clients want two
    return QVariant::fromValue(AioRemoteObject::tuple(caller->isNative ? result : result.first(2)));
}

ManagerReply ManagerServer::proxyReply(const std::shared_ptr<ManagedObject> &object, ManagerCaller &caller)
{
    add(object);
    refer(object->ident, caller);
    ManagerReply reply;
    reply.kind = ManagerReply::Proxy;
    if (caller.isNative)
        reply.value = QVariantList{object->ident, object->typeId};
    else
        reply.value = QVariant::fromValue(AioRemoteObject::tuple({tupleOf(publicMethods(*object)), toPython(tokenOf(*object))}));
    return reply;
}

// -- values

QVariant ManagerServer::fromWire(const QVariant &value) const
{
    switch (value.typeId()) {
    case QMetaType::QVariantList: {
        QVariantList items = value.toList();
        for (QVariant &item : items)
            item = fromWire(item);
        return items;
    }
    case QMetaType::QVariantMap: {
        QVariantMap map = value.toMap();
        for (QVariant &item : map)
            item = fromWire(item);
        return map;
    }
    default:
        break;
    }
    QString ident;
    if (value.metaType() == QMetaType::fromType<AioHandle>()) {
        const auto handle = value.value<AioHandle>();
        if (handle.context() == m_run && !handle.peer().isEmpty())
            ident = QString::number(handle.address(), 16);
    } else if (value.metaType() == QMetaType::fromType<AioRemoteObject>()) {
        const auto token = toTokenOfProxy(value);
        if (token && isSamePlace(token->address, address()))
            ident = token->ident;
    }
    ManagedReference reference;
    reference.object = ident.isEmpty() ? nullptr : find(ident);
    return reference.object ? QVariant::fromValue(reference) : value;
}

QVariant ManagerServer::toWire(const QVariant &value, bool isNative)
{
    switch (value.typeId()) {
    case QMetaType::QVariantList: {
        QVariantList items = value.toList();
        for (QVariant &item : items)
            item = toWire(item, isNative);
        return items;
    }
    case QMetaType::QVariantMap: {
        QVariantMap map = value.toMap();
        for (QVariant &item : map)
            item = toWire(item, isNative);
        return map;
    }
    default:
        break;
    }
    if (value.metaType() != QMetaType::fromType<ManagedReference>())
        return value;
    const auto object = value.value<ManagedReference>().object;
    if (!isNative)
        return toPythonProxy(tokenOf(*object), publicMethods(*object));
    return QVariant::fromValue(
        AioHandle(handleKindOf(object->typeId), m_run, object->ident.toULongLong(nullptr, 16), address().toString()));
}

// -- requests to the server itself

ManagerReply ManagerServer::administer(const ManagerRequest &request, const std::shared_ptr<ManagerCaller> &caller)
{
    try {
        return run(request, caller);
    } catch (const AioException &e) {
        // Python's clients want no exception here, but the text of one
        AioError error = e.error();
        if (!caller->isNative)
            error.message.prepend((error.remoteType.isEmpty() ? QStringLiteral("RuntimeError") : error.remoteType) + QStringLiteral(": "));
        return ManagerReply(ManagerReply::Traceback, error);
    }
}

ManagerReply ManagerServer::run(const ManagerRequest &request, const std::shared_ptr<ManagerCaller> &caller)
{
    const QString &method = request.method;
    const QString first = request.arguments.value(0).toString();
    if (method == QLatin1StringView("dummy"))
        return ManagerReply();
    if (method == QLatin1StringView("create"))
        return ManagerReply(create(request, caller));
    if (method == QLatin1StringView("incref")) {
        refer(first, *caller);
        return ManagerReply(find(first)->typeId);
    }
    if (method == QLatin1StringView("decref")) {
        unrefer(first, *caller);
        return ManagerReply();
    }
    if (method == QLatin1StringView("get_methods")) {
        const auto token = toToken(request.arguments.value(0));
        const auto object = token ? find(token->ident) : nullptr;
        if (!object)
            throw AioException(noSuchObject(token ? token->ident : QString()));
        return ManagerReply(tupleOf(publicMethods(*object)));
    }
    if (method == QLatin1StringView("number_of_objects")) {
        const auto isReferred = [](const Entry &entry) { return entry.references > 0; };
        return ManagerReply(qlonglong(std::count_if(m_objects.cbegin(), m_objects.cend(), isReferred)));
    }
    if (method == QLatin1StringView("debug_info"))
        return ManagerReply(debugInfo());
    if (method == QLatin1StringView("shutdown")) {
        const auto closeLater = [this] {
            close();
            Q_EMIT finished();
        };
        QMetaObject::invokeMethod(this, closeLater, Qt::QueuedConnection);      // the reply goes first
        return ManagerReply();
    }
    if (method == QLatin1StringView("publish") && caller->isNative) {
        publish(first, request.arguments.value(1).toString());
        return ManagerReply();
    }
    if (method == nativeGreeting) {
        caller->isNative = true;
        caller->pid = request.arguments.value(1).toLongLong();
        return ManagerReply(QVariantMap{{QStringLiteral("version"), nativeVersion}, {QStringLiteral("run"), m_run}});
    }
    raise("AssertionError", QStringLiteral("'%1' unrecognized").arg(method));
}

QString ManagerServer::debugInfo() const
{
    QStringList lines;
    for (const Entry &entry : m_objects) {
        if (const auto object = entry.known.lock()) {
            lines.append(QStringLiteral("  %1:       refcount=%2\n    %3")
                             .arg(object->ident).arg(entry.references).arg(object->describe().left(75)));
        }
    }
    lines.sort();
    return lines.join(QLatin1Char('\n'));
}

} // namespace aio_detail

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedobject_p.h"
#include "manager/aiomanagerwire_p.h"
#include "manager/aiopythonclients_p.h"

#include <aioprocessing/aiolistener.h>

#include <QObject>

#include <set>

namespace aio_detail {

class ManagerSession;

/*
 * The server of a manager: listens, knows the objects by their idents and who refers to them. An object that nobody refers to is gone, but for
 * those that another one keeps (an item of a list, say). Belongs to its thread, where everything happens.
 */
class ManagerServer : public QObject
{
    Q_OBJECT
public:
    /* Listens from now on. Throws AioException. */
    ManagerServer(const AioAddress &address, const QByteArray &key, AioConnection::Digest minimum, QObject *parent = nullptr);
    ~ManagerServer() override;

    AioAddress address() const { return m_listener.address(); }
    /* Listens no more, and ends all connections. */
    void close();

    // -- for sessions
    /* Answers a request to the server itself. */
    ManagerReply administer(const ManagerRequest &request, const std::shared_ptr<ManagerCaller> &caller);
    /* Null: nobody refers to such an object. */
    std::shared_ptr<ManagedObject> find(const QString &ident) const;
    /* Proxies in \a value as the objects they stand for, and the other way round. */
    QVariant fromWire(const QVariant &value) const;
    QVariant toWire(const QVariant &value, bool isNative);
    /* The reply with a new object as its result, to which the process of \a caller refers. */
    ManagerReply proxyReply(const std::shared_ptr<ManagedObject> &object, ManagerCaller &caller);
    /* The connection of \a caller has ended. */
    void leave(const std::shared_ptr<ManagerSession> &session, ManagerCaller &caller);

Q_SIGNALS:
    /* Closed, because a client has asked for it. */
    void finished();

private:
    struct Entry
    {
        std::shared_ptr<ManagedObject> object;      // null: kept by another object only
        std::weak_ptr<ManagedObject> known;
        int references = 0;
    };

    void admit(AioConnection *connection);
    ManagerReply run(const ManagerRequest &request, const std::shared_ptr<ManagerCaller> &caller);
    QVariant create(const ManagerRequest &request, const std::shared_ptr<ManagerCaller> &caller);
    void publish(const QString &name, const QString &ident);
    void add(const std::shared_ptr<ManagedObject> &object);
    ManagerReferences &referencesOf(ManagerCaller &caller);
    void refer(const QString &ident, ManagerCaller &caller);
    void unrefer(const QString &ident, ManagerCaller &caller);
    void drop(const QString &ident, int count);
    void dropAll(const ManagerReferences &references);
    ManagerToken tokenOf(const ManagedObject &object) const { return ManagerToken(object.typeId, address(), object.ident); }
    void tidy();
    QString debugInfo() const;

    const QByteArray m_run;             // tells this run of the server from others at the same address
    AioListener m_listener;
    std::set<std::shared_ptr<ManagerSession>> m_sessions;
    QHash<QString, Entry> m_objects;    // by ident
    PythonClients m_pythonClients;
    QHash<QString, std::shared_ptr<ManagedObject>> m_published;
    quint64 m_lastIdent = 0;
    quint64 m_lastCaller = 0;
    qsizetype m_tidyAt = 64;
};

} // namespace aio_detail

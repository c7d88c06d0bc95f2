// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aioqmlobject.h"

#include <aioprocessing/aiomanager.h>
#include <aioprocessing/aioproxy.h>

#include <QQmlEngine>

#include <memory>

/*!
 * \class AioProxy
 * \brief An object of a manager that has no class of its own here: a dictionary, a list, a namespace, a value, or a type of the server's program.
 *
 * \code
 * manager.create("dict", [{}]).then(results => results.call("__setitem__", ["a", 1]))
 * \endcode
 */
class AioQmlProxy : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioProxy)
public:
    explicit AioQmlProxy(QObject *parent = nullptr) : AioQmlObject(parent) {}

    /*! What \a method, which is called as in Python, returns for \a arguments, an array. */
    Q_INVOKABLE QJSValue call(const QString &method, const QJSValue &arguments = QJSValue(), const QJSValue &options = QJSValue());
    /*! The object as its manager prints it. */
    Q_INVOKABLE QJSValue text(const QJSValue &options = QJSValue());

Q_SIGNALS:
    void called(const QString &method, const QVariant &result);

protected:
    std::unique_ptr<AioObject> open() override;
};

/*!
 * \class AioManager
 * \brief Objects of a server, on this or any machine, as the types that they are in shared memory.
 *
 * \code
 * AioManager { id: server; address: "tcp://jobs.example:5000"; key: "secret" }
 * server.connectToServer()
 *     .then(() => server.open("jobs", "JoinableQueue"))
 *     .then(jobs => jobs.forEach(job => work(job)))
 * \endcode
 *
 * create() and open() name types as Python does: "Queue", "JoinableQueue", "Lock", "RLock", "Semaphore", "BoundedSemaphore", "Event", "Condition",
 * and "Barrier" come as the types of this module, everything else as AioProxy: pool.call("apply", ["thumbnail", [file, 128]]). They live as long as
 * something refers to them.
 *
 * Calls of such an object that return no promise wait for the server's answer. Another address or key is another server; one that was started
 * here ends then.
 */
class AioQmlManager : public QObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioManager)
    Q_PROPERTY(QString address READ address WRITE setAddress NOTIFY addressChanged)
    Q_PROPERTY(QString key READ key WRITE setKey NOTIFY keyChanged)
    Q_PROPERTY(bool connected READ isConnected NOTIFY connectedChanged)
public:
    explicit AioQmlManager(QObject *parent = nullptr);
    ~AioQmlManager() override;

    /*! Where the server is; empty: an address that start() and serve() make up. */
    QString address() const;
    void setAddress(const QString &address);
    /*! What its clients know; empty: the key of this tree of processes. */
    QString key() const { return m_key; }
    void setKey(const QString &key);
    bool isConnected() const;

    /*! Serves in this process, in a thread of its own, from now on. */
    Q_INVOKABLE void serve();
    /*! Starts the server in a worker process: true; false: out of time. */
    Q_INVOKABLE QJSValue start(const QJSValue &options = QJSValue());
    /*! Connects to a server that somebody else has started. */
    Q_INVOKABLE QJSValue connectToServer(const QJSValue &options = QJSValue());
    /*! Ends the server, whoever has started it. */
    Q_INVOKABLE QJSValue shutDown();
    /*! The end of a server that serve() or start() has begun: true; false: out of time. */
    Q_INVOKABLE QJSValue join(const QJSValue &options = QJSValue());

    /*! A new object of \a type, made with \a arguments, an array. */
    Q_INVOKABLE QJSValue create(const QString &type, const QJSValue &arguments = QJSValue());
    /*! What was published as \a name. */
    Q_INVOKABLE QJSValue open(const QString &name, const QString &type);
    /*! Has \a object, of this manager, known under \a name as long as the server lives. */
    Q_INVOKABLE QJSValue publish(const QString &name, QObject *object);
    /*! How many objects somebody has a proxy of. */
    Q_INVOKABLE QJSValue numberOfObjects();

Q_SIGNALS:
    void errorOccurred(const AioError &error);
    void addressChanged();
    void keyChanged();
    void connectedChanged();

private:
    AioManager &core();
    void restart();

    QString m_address;
    QString m_key;
    std::unique_ptr<AioManager> m_core;
};

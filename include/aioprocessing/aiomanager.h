// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioarrayproxy.h>
#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aioconnection.h>
#include <aioprocessing/aiodict.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiojoinablequeue.h>
#include <aioprocessing/aiolist.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiomethod.h>
#include <aioprocessing/aionamespace.h>
#include <aioprocessing/aiopool.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiorlock.h>
#include <aioprocessing/aiosemaphore.h>
#include <aioprocessing/aiovalueproxy.h>

#include <chrono>

class AioManagerPrivate;

/*!
 * \class AioManager
 * \brief A server that owns objects, and the way to it: processes on any machine, and Python programs, use the same objects.
 *
 * \code
 * AioManager manager(AioAddress(QStringLiteral("tcp://127.0.0.1:5000")), key);     // the server
 * manager.serve();
 * manager.publish(QStringLiteral("jobs"), *manager.createQueue());
 *
 * AioManager manager(AioAddress(QStringLiteral("tcp://127.0.0.1:5000")), key);     // another program
 * co_await manager.coro_connectToServer();
 * AioQueue *jobs = co_await manager.coro_open<AioQueue>(QStringLiteral("jobs"));
 * \endcode
 *
 * serve() serves in a thread of this process, start() in a worker process; both then connect. The objects are of the classes that those in shared
 * memory have, so code that takes an AioQueue & does not know which it got. They are children of the manager. Operations that
 * never wait in shared memory wait for the server's answer here; coroutine forms are beside them (coro_release(), coro_set(), coro_size() ...).
 *
 * Guarantees: a deadline and a cancellation take effect on the server: no item is lost, no lock kept. When a client dies, what it held is
 * given back within a second: locks (the next holder finds wasAbandoned()), permits of bounded semaphores, places in barriers, which
 * break, unfinished items of joinable queues, which count as finished, and its references. When the server dies, all pending calls
 * fail with PeerDied within a second; what is at its address later is another one, and objects of before are StaleProxy. A slow call or a
 * silent client delays nobody. A machine that vanishes without a word is noticed when TCP notices it.
 *
 * Calls of one process reach the server in the order in which they are made, and a wait has begun when it has reached it. A server does not know what
 * its clients' threads do: a thread must not block for a lock that its own coroutine waits for, too.
 *
 * Python: stock multiprocessing.managers are served, and asked. Over there: class M(BaseManager), M.register('jobs') for what was published,
 * SyncManager for new objects. To a server of Python's there is a connection for each pending call, a wait is cancelled within half a
 * second, one of a condition or barrier only when it is over, and what Python has no name for (AioSemaphore::value() ...) is
 * NotFound. The digest of Python before 3.12 must be allowed by setMinimumDigest(). As in Python, what a thread of a client holds is given
 * back when its connection ends, which is at the end of the thread. Python's functions (actions of barriers, keys of sort()) are never called.
 * Python connects anew for each reference that it takes or gives up, and does not say who it is. References of one that is killed are given back
 * where the system names the process behind a connection, which Linux does for local sockets. Over TCP it cannot be told from the others, so what it referred to lives as
 * long as the server, as it does in Python's own; its locks and the like are given back there, too.
 *
 * Threads and lifetime: belongs to the thread of its QObject; the objects are used on any. Destroying it ends a server that it has started, with the
 * objects; so does the end of the application object.
 *
 * Errors: AioException with ConnectionRefused, AuthenticationFailed, AddressInUse, PeerDied, StaleProxy, NotFound, UsageError ...; errorOccurred()
 * announces them.
 *
 * Python: multiprocessing.managers.SyncManager, aioprocessing.AioManager.
 *
 * \sa AioProxy, AioDict, AioList
 */
class AIOPROCESSING_EXPORT AioManager : public QObject
{
    Q_OBJECT
    Q_PROPERTY(AioAddress address READ address NOTIFY connected)
public:
    /*!
     * For a server at \a address, whose clients know \a authKey. Nothing starts yet. Without an address serve() and start() make one up; without a
     * key it is the one of this tree of processes (AioProcessing::currentProcess().authKey). Workers that are started when the manager serves or
     * is connected know its key, and can be given its objects.
     */
    explicit AioManager(const AioAddress &address = {}, const QByteArray &authKey = {}, QObject *parent = nullptr);
    ~AioManager() override;

    /*! Where the server is: after it listens, with the port that the system has chosen. */
    AioAddress address() const;
    QByteArray authKey() const;
    /*! The weakest digest of the handshake; Sha256 unless set. Python before 3.12 needs Md5. */
    void setMinimumDigest(AioConnection::Digest digest);

    /*! Serves in this process, in a thread of its own, from now on. Blocks for a moment. */
    void serve();
    /*! Starts the server in a worker process, and connects. False: \a deadline passed, and there is none. */
    bool start(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever));
    QCoro::Task<bool> coro_start(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    /*! Connects to a server that somebody else has started; emits connected(). Not needed after serve() and start(). */
    void connectToServer(std::stop_token stop = {});
    QCoro::Task<> coro_connectToServer(std::stop_token stop = {});
    /*!
     * Ends the server, whoever has started it, and waits until it has ended; emits shutDownDone(). A worker that does not end in 5 seconds is
     * killed. Nothing where there is none.
     */
    void shutDown();
    QCoro::Task<> coro_shutDown();
    /*!
     * Waits until the server that serve() or start() has begun ends: somebody, somewhere, has shut it down, or it has died. True at once where this
     * object has begun none. False: \a deadline passed.
     */
    bool join(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    /*! The same as a coroutine; emits joined() when it returns true. */
    QCoro::Task<bool> coro_join(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    /*! Whether there is a server that this object has started, or connected to, and it was not lost. */
    bool isConnected() const;

    // -- new objects, which are children of this one
    AioQueue *createQueue(qsizetype maxSize = 0) { return create<AioQueue>(QStringLiteral("Queue"), {maxSize}); }
    AioJoinableQueue *createJoinableQueue(qsizetype maxSize = 0)
    { return create<AioJoinableQueue>(QStringLiteral("JoinableQueue"), {maxSize}); }
    AioLock *createLock() { return create<AioLock>(QStringLiteral("Lock")); }
    AioRLock *createRLock() { return create<AioRLock>(QStringLiteral("RLock")); }
    AioSemaphore *createSemaphore(int value = 1) { return create<AioSemaphore>(QStringLiteral("Semaphore"), {value}); }
    AioBoundedSemaphore *createBoundedSemaphore(int value = 1)
    { return create<AioBoundedSemaphore>(QStringLiteral("BoundedSemaphore"), {value}); }
    AioEvent *createEvent() { return create<AioEvent>(QStringLiteral("Event")); }
    /*! A condition with a recursive lock of its own, as in Python; or with \a lock, of this manager. */
    AioCondition *createCondition() { return create<AioCondition>(QStringLiteral("Condition")); }
    AioCondition *createCondition(const AioLock &lock) { return create<AioCondition>(QStringLiteral("Condition"), {toVariant(lock)}); }
    AioCondition *createCondition(const AioRLock &lock) { return create<AioCondition>(QStringLiteral("Condition"), {toVariant(lock)}); }
    /*! A barrier for \a parties, which wait for \a timeout if they do not say; less than 0: for ever. */
    AioBarrier *createBarrier(int parties, std::chrono::milliseconds timeout = std::chrono::milliseconds(-1))
    { return create<AioBarrier>(QStringLiteral("Barrier"), barrierArguments(parties, timeout)); }
    /*! The same whose last party has \a action run, in the process of the server, before the others go on. */
    AioBarrier *createBarrier(int parties, const AioCall &action, std::chrono::milliseconds timeout = std::chrono::milliseconds(-1))
    { return create<AioBarrier>(QStringLiteral("Barrier"), barrierArguments(parties, timeout, action)); }
    /*!
     * A pool of \a processes worker processes of the server, 0: one for each CPU there. Its tasks are functions that the server's program has: it is the
     * same program, or has registered them by name. The pool is shared: what a face of it does at its end is about its own tasks, as is what
     * becomes of a client that dies.
     */
    AioPool *createPool(int processes = 0) { return create<AioPool>(QStringLiteral("Pool"), poolArguments(processes)); }
    AioDict *createDict(const QVariantMap &entries = {}) { return create<AioDict>(QStringLiteral("dict"), {QVariant(entries)}); }
    AioList *createList(const QVariantList &items = {}) { return create<AioList>(QStringLiteral("list"), {QVariant(items)}); }
    AioNamespace *createNamespace() { return create<AioNamespace>(QStringLiteral("Namespace")); }
    /*! \a type is a letter of Python's module array, and says nothing to AioValueProxy. */
    AioValueProxy *createValue(const QString &type, const QVariant &value)
    { return create<AioValueProxy>(QStringLiteral("Value"), {type, value}); }
    AioArrayProxy *createArray(const QString &type, const QVariantList &numbers)
    { return create<AioArrayProxy>(QStringLiteral("Array"), {type, QVariant(numbers)}); }

    QCoro::Task<AioQueue *> coro_createQueue(qsizetype maxSize = 0);
    QCoro::Task<AioJoinableQueue *> coro_createJoinableQueue(qsizetype maxSize = 0);
    QCoro::Task<AioLock *> coro_createLock();
    QCoro::Task<AioRLock *> coro_createRLock();
    QCoro::Task<AioSemaphore *> coro_createSemaphore(int value = 1);
    QCoro::Task<AioBoundedSemaphore *> coro_createBoundedSemaphore(int value = 1);
    QCoro::Task<AioEvent *> coro_createEvent();
    QCoro::Task<AioCondition *> coro_createCondition();
    QCoro::Task<AioBarrier *> coro_createBarrier(int parties, std::chrono::milliseconds timeout = std::chrono::milliseconds(-1));
    QCoro::Task<AioPool *> coro_createPool(int processes = 0);
    QCoro::Task<AioDict *> coro_createDict(QVariantMap entries = {});
    QCoro::Task<AioList *> coro_createList(QVariantList items = {});
    QCoro::Task<AioNamespace *> coro_createNamespace();
    QCoro::Task<AioValueProxy *> coro_createValue(QString type, QVariant value);
    QCoro::Task<AioArrayProxy *> coro_createArray(QString type, QVariantList numbers);

    /*!
     * What the server makes of the type \a typeId with \a arguments: a type that a Python server has registered, for example. \c T is the class of
     * proxy; AioProxy does for everything.
     */
    template<class T> T *create(const QString &typeId, const QVariantList &arguments = {})
    { return new T(createRemote(typeId, arguments), this); }
    template<class T> QCoro::Task<T *> coro_create(QString typeId, QVariantList arguments = {})
    {
        const std::shared_ptr<aio_detail::RemoteBackend> remote = co_await coro_createRemote(typeId, arguments);
        co_return new T(remote, this);
    }

    /*!
     * Has \a object, of this manager, known under \a name to everybody who opens that here, or registers it in Python. It lives as long as the
     * server then. Throws AlreadyExists when something else has the name.
     */
    void publish(const QString &name, const AioObject &object) { publishHandle(name, object.handle()); }
    void publish(const QString &name, const AioPool &pool) { publishHandle(name, pool.handle()); }
    QCoro::Task<> coro_publish(const QString &name, const AioObject &object) { return coro_publishHandle(name, object.handle()); }
    QCoro::Task<> coro_publish(const QString &name, const AioPool &pool) { return coro_publishHandle(name, pool.handle()); }
    /*! What was published as \a name. Throws NotFound when nothing was, TypeMismatch when it is no \c T. */
    template<class T> T *open(const QString &name) { return new T(openRemote(name, handleKind<T>()), this); }
    template<class T> QCoro::Task<T *> coro_open(QString name)
    {
        const std::shared_ptr<aio_detail::RemoteBackend> remote = co_await coro_openRemote(name, handleKind<T>());
        co_return new T(remote, this);
    }

    /*!
     * Has managers of this process make objects of T for clients that create \a typeId: with arguments of the types \c A, made to fit as those of an
     * AioCall. Clients can call \a methods, and nothing else.
     *
     * \code
     * const bool known = AioManager::registerType<Counter, int>(QStringLiteral("Counter"), {
     *     {"increment", &Counter::increment}, {"value", &Counter::value}});
     * AioProxy *counter = manager.create<AioProxy>(QStringLiteral("Counter"), {5});        // in Python: M.register('Counter'), m.Counter(5)
     * counter->call(QStringLiteral("increment"), {1});
     * \endcode
     *
     * The server that start() begins is another process of this program: register before main(), as above, or wherever a worker comes by.
     * Objects live in the thread of the server. False: there is another type of that name.
     */
    template<class T, class... A>
    static bool registerType(const QString &typeId, std::initializer_list<AioMethod<T>> methods)
    { return aio_detail::registerManagedType(typeId, aio_detail::describeType<T, A...>(methods)); }

    /*! How many objects somebody has a proxy of, for finding leaks: 0 when all proxies are gone. In Python: number_of_objects. */
    int numberOfObjects();
    QCoro::Task<int> coro_numberOfObjects();
    /*! The last failure that errorOccurred() has announced. */
    AioError error() const;

Q_SIGNALS:
    /*! There is a connection to the server. */
    void connected();
    /*! shutDown() is done. */
    void shutDownDone();
    /*! coro_join() has seen the server end. */
    void joined();
    void errorOccurred(const AioError &error);

private:
    using Remote = std::shared_ptr<aio_detail::RemoteBackend>;

    Remote createRemote(const QString &typeId, const QVariantList &arguments);
    QCoro::Task<Remote> coro_createRemote(QString typeId, QVariantList arguments);
    Remote openRemote(const QString &name, AioHandle::Kind kind);
    QCoro::Task<Remote> coro_openRemote(QString name, AioHandle::Kind kind);
    void publishHandle(const QString &name, const AioHandle &handle);
    QCoro::Task<> coro_publishHandle(QString name, AioHandle handle);
    static QVariantList poolArguments(int processes) { return {processes > 0 ? QVariant(processes) : QVariant()}; }
    static QVariantList barrierArguments(int parties, std::chrono::milliseconds timeout, const AioCall &action = {});
    static QVariant toVariant(const AioObject &object) { return QVariant::fromValue(object.handle()); }
    template<class T> static constexpr AioHandle::Kind handleKind()
    {
        if constexpr (std::is_base_of_v<AioJoinableQueue, T>) return AioHandle::JoinableQueue;
        else if constexpr (std::is_base_of_v<AioQueue, T>) return AioHandle::Queue;
        else if constexpr (std::is_base_of_v<AioLock, T>) return AioHandle::Lock;
        else if constexpr (std::is_base_of_v<AioRLock, T>) return AioHandle::RLock;
        else if constexpr (std::is_base_of_v<AioSemaphore, T>) return AioHandle::Semaphore;
        else if constexpr (std::is_base_of_v<AioBoundedSemaphore, T>) return AioHandle::BoundedSemaphore;
        else if constexpr (std::is_base_of_v<AioEvent, T>) return AioHandle::Event;
        else if constexpr (std::is_base_of_v<AioCondition, T>) return AioHandle::Condition;
        else if constexpr (std::is_base_of_v<AioBarrier, T>) return AioHandle::Barrier;
        else if constexpr (std::is_base_of_v<AioPool, T>) return AioHandle::Pool;
        else return AioHandle::Proxy;
    }

    const std::shared_ptr<AioManagerPrivate> d;
};

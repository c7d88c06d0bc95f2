// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlmanager.h"

#include "aioqmlcondition.h"
#include "aioqmlconnection.h"
#include "aioqmlqueue.h"
#include "aioqmlsemaphore.h"
#include "aioqmlsync.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiorlock.h>

namespace {

const QStringList cancelled = {QStringLiteral("signal")};       // the options of what takes no time to speak of

/* What JavaScript gets of \a object, which has a manager as its parent. */
template<class Element>
std::unique_ptr<QObject> elementFor(AioObject *object)
{
    object->setParent(nullptr);
    auto element = std::make_unique<Element>();
    element->adopt(std::unique_ptr<AioObject>(object));
    return element;
}

template<class Core, class Element>
QCoro::Task<std::unique_ptr<QObject>> createElement(AioManager &manager, QString type, QVariantList arguments)
{
    Core *const object = co_await manager.coro_create<Core>(type, arguments);
    co_return elementFor<Element>(object);
}

template<class Core, class Element>
QCoro::Task<std::unique_ptr<QObject>> openElement(AioManager &manager, QString name)
{
    Core *const object = co_await manager.coro_open<Core>(name);
    co_return elementFor<Element>(object);
}

struct Type
{
    QLatin1StringView name;
    QCoro::Task<std::unique_ptr<QObject>> (*create)(AioManager &, QString, QVariantList);
    QCoro::Task<std::unique_ptr<QObject>> (*open)(AioManager &, QString);
};

template<class Core, class Element>
constexpr Type typeOf(const char *name)
{
    return {QLatin1StringView(name), &createElement<Core, Element>, &openElement<Core, Element>};
}

const Type &typeCalled(const QString &name)
{
    static const Type other = typeOf<AioProxy, AioQmlProxy>("");
    static const Type types[] = {
        typeOf<AioQueue, AioQmlQueue>("Queue"), typeOf<AioJoinableQueue, AioQmlJoinableQueue>("JoinableQueue"),
        typeOf<AioLock, AioQmlLock>("Lock"), typeOf<AioRLock, AioQmlRLock>("RLock"),
        typeOf<AioSemaphore, AioQmlSemaphore>("Semaphore"), typeOf<AioBoundedSemaphore, AioQmlBoundedSemaphore>("BoundedSemaphore"),
        typeOf<AioEvent, AioQmlEvent>("Event"), typeOf<AioCondition, AioQmlCondition>("Condition"),
        typeOf<AioBarrier, AioQmlBarrier>("Barrier"),
    };
    const auto type = std::find_if(std::begin(types), std::end(types), [&](const Type &each) { return each.name == name; });
    return type != std::end(types) ? *type : other;
}

} // namespace

QVariant toVariant(std::unique_ptr<QObject> &&element)
{
    QQmlEngine::setObjectOwnership(element.get(), QQmlEngine::JavaScriptOwnership);
    return QVariant::fromValue<QObject *>(element.release());
}

// -- AioProxy

std::unique_ptr<AioObject> AioQmlProxy::open()
{
    auto proxy = given<AioProxy>();
    if (!proxy) {
        aio_detail::throwError(AioError::UsageError, QStringLiteral("a proxy is of an object of a manager: create() or open() it there"),
                               QStringLiteral("AioProxy"));
    }
    connect(proxy.get(), &AioProxy::called, this, &AioQmlProxy::called);
    return proxy;
}

QJSValue AioQmlProxy::call(const QString &method, const QJSValue &arguments, const QJSValue &options)
{
    return AioPromises::make(this, options, cancelled, [&](const AioOptions &, std::stop_token stop) {
        return core<AioProxy>().coro_call(method, aio_qml::toMessages(arguments, "AioProxy::call"), {}, std::move(stop));
    });
}

QJSValue AioQmlProxy::text(const QJSValue &options)
{
    return AioPromises::make(this, options, cancelled,
                             [&](const AioOptions &, std::stop_token stop) { return core<AioProxy>().coro_text(std::move(stop)); });
}

// -- AioManager

AioQmlManager::AioQmlManager(QObject *parent) : QObject(parent) { }
AioQmlManager::~AioQmlManager() = default;

QString AioQmlManager::address() const
{
    return m_core ? m_core->address().toString() : m_address;
}

void AioQmlManager::setAddress(const QString &address)
{
    if (address == m_address)
        return;
    m_address = address;
    restart();
}

void AioQmlManager::setKey(const QString &key)
{
    if (key == m_key)
        return;
    m_key = key;
    Q_EMIT keyChanged();
    restart();
}

void AioQmlManager::restart()
{
    m_core.reset();
    Q_EMIT addressChanged();
    Q_EMIT connectedChanged();
}

AioManager &AioQmlManager::core()
{
    if (m_core)
        return *m_core;
    const AioAddress address = m_address.isEmpty() ? AioAddress() : toAddress(m_address, "AioManager");
    m_core = std::make_unique<AioManager>(address, m_key.toUtf8());
    connect(m_core.get(), &AioManager::errorOccurred, this, &AioQmlManager::errorOccurred);
    connect(m_core.get(), &AioManager::connected, this, &AioQmlManager::addressChanged);
    connect(m_core.get(), &AioManager::connected, this, &AioQmlManager::connectedChanged);
    connect(m_core.get(), &AioManager::errorOccurred, this, &AioQmlManager::connectedChanged);
    connect(m_core.get(), &AioManager::shutDownDone, this, &AioQmlManager::connectedChanged);
    return *m_core;
}

bool AioQmlManager::isConnected() const
{
    return m_core && m_core->isConnected();
}

void AioQmlManager::serve()
{
    aio_qml::attempt(this, [this] { core().serve(); });
    Q_EMIT addressChanged();
    Q_EMIT connectedChanged();
}

QJSValue AioQmlManager::start(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](auto ...wait) { return core().coro_start(std::move(wait)...); });
}

QJSValue AioQmlManager::connectToServer(const QJSValue &options)
{
    return AioPromises::make(this, options, cancelled,
                             [this](const AioOptions &, std::stop_token stop) { return core().coro_connectToServer(std::move(stop)); });
}

QJSValue AioQmlManager::shutDown()
{
    return AioPromises::make(this, {}, {}, [this](const auto &...) { return core().coro_shutDown(); });
}

QJSValue AioQmlManager::join(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](auto ...wait) { return core().coro_join(std::move(wait)...); });
}

QJSValue AioQmlManager::create(const QString &type, const QJSValue &arguments)
{
    return AioPromises::make(this, {}, {}, [&](const auto &...) {
        return typeCalled(type).create(core(), type, aio_qml::toMessages(arguments, "AioManager::create"));
    });
}

QJSValue AioQmlManager::open(const QString &name, const QString &type)
{
    return AioPromises::make(this, {}, {}, [&](const auto &...) { return typeCalled(type).open(core(), name); });
}

QJSValue AioQmlManager::publish(const QString &name, QObject *object)
{
    return AioPromises::make(this, {}, {}, [&](const auto &...) {
        const auto *shared = qobject_cast<AioQmlObject *>(object);
        if (!shared)
            aio_detail::throwError(AioError::UsageError, QStringLiteral("only objects of this manager can be published"),
                                   QStringLiteral("AioManager::publish"));
        return core().coro_publish(name, shared->requireCore());
    });
}

QJSValue AioQmlManager::numberOfObjects()
{
    return AioPromises::make(this, {}, {}, [this](const auto &...) { return core().coro_numberOfObjects(); });
}

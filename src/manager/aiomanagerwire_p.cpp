// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagerwire_p.h"

#include "codec/aiopicklereader_p.h"
#include "codec/aiopicklewriter_p.h"
#include "codec/aiovariantcodec_p.h"
#include "codec/rawbytes.h"
#include "manager/aiomanagererrors_p.h"

#include <aioprocessing/aioremoteobject.h>

#include <QMap>

namespace aio_detail {

namespace {

enum class NativeFrame : quint8 { Call = 1, Cancel = 2, Answer = 3 };

constexpr auto managersModule = "multiprocessing.managers";

AioError malformed(const char *what)
{
    return makeError(AioError::ProtocolError, QStringLiteral("%1 of a manager makes no sense").arg(QLatin1StringView(what)),
                     QStringLiteral("AioManager::receive"));
}

template<class T> void appendNumber(T number, QByteArray &out)
{
    char bytes[sizeof(T)];
    aio_raw::storeLittle(number, bytes);
    out.append(bytes, sizeof bytes);
}

void appendName(const QString &name, QByteArray &out)
{
    const QByteArray bytes = name.toUtf8().left(255);
    out.append(char(bytes.size()));
    out.append(bytes);
}

QString readName(aio_raw::ByteReader &reader)
{
    const auto size = reader.number<quint8>();
    const char *bytes = reader.bytes(size);
    return bytes ? QString::fromUtf8(bytes, size) : QString();
}

QVariantList toList(const QVariant &tuple)
{
    return tuple.toList();
}

AioRemoteObject objectOf(const QVariant &value)
{
    return value.metaType() == QMetaType::fromType<AioRemoteObject>() ? value.value<AioRemoteObject>() : AioRemoteObject();
}

bool isManagers(const AioRemoteObject &object, const char *name)
{
    return object.module() == QLatin1StringView(managersModule) && object.name() == QLatin1StringView(name);
}

const char *const kindNames[] = {"#RETURN", "#PROXY", "#ERROR", "#TRACEBACK", "#UNSERIALIZABLE"};

} // namespace

// -- native

AioError encodeNative(const ManagerRequest &request, QByteArray &out)
{
    out.append(char(request.isCancel ? NativeFrame::Cancel : NativeFrame::Call));
    appendNumber(request.number, out);
    if (request.isCancel)
        return {};
    appendNumber(request.owner, out);
    appendName(request.ident, out);
    appendName(request.method, out);
    const QVariantList parts{QVariant(request.arguments), QVariant(request.keywords)};
    return encodeVariant(parts, out, "AioManager::call");
}

AioError encodeNative(const ManagerReply &reply, QByteArray &out)
{
    const bool isResult = reply.kind == ManagerReply::Return || reply.kind == ManagerReply::Proxy;
    out.append(char(NativeFrame::Answer));
    appendNumber(reply.number, out);
    out.append(char(reply.kind));
    return encodeVariant(isResult ? reply.value : QVariant::fromValue(reply.error), out, "AioManager::reply");
}

AioError decodeNative(QByteArrayView message, ManagerRequest &request)
{
    aio_raw::ByteReader reader(message.data(), std::size_t(message.size()));
    const auto frame = NativeFrame(reader.number<quint8>());
    request.number = reader.number<quint64>();
    request.isCancel = frame == NativeFrame::Cancel;
    if (reader.failed() || (frame != NativeFrame::Call && frame != NativeFrame::Cancel))
        return malformed("a request");
    if (request.isCancel)
        return {};
    request.owner = reader.number<quint64>();
    request.ident = readName(reader);
    request.method = readName(reader);
    if (reader.failed())
        return malformed("a request");
    QVariant parts;
    const auto left = qsizetype(reader.left());
    if (const AioError error = decodeVariant(message.last(left), parts, "AioManager::receive"))
        return error;
    const QVariantList both = parts.toList();
    if (both.size() != 2)
        return malformed("a request");
    request.arguments = both[0].toList();
    request.keywords = both[1].toMap();
    return {};
}

AioError decodeNative(QByteArrayView message, ManagerReply &reply)
{
    aio_raw::ByteReader reader(message.data(), std::size_t(message.size()));
    const auto frame = NativeFrame(reader.number<quint8>());
    reply.number = reader.number<quint64>();
    const auto kind = reader.number<quint8>();
    if (reader.failed() || frame != NativeFrame::Answer || kind > ManagerReply::Unserializable)
        return malformed("a reply");
    reply.kind = ManagerReply::Kind(kind);
    QVariant value;
    if (const AioError error = decodeVariant(message.last(qsizetype(reader.left())), value, "AioManager::receive"))
        return error;
    if (reply.kind == ManagerReply::Return || reply.kind == ManagerReply::Proxy)
        reply.value = value;
    else
        reply.error = value.value<AioError>();
    return {};
}

// -- Python

AioError encodePython(const ManagerRequest &request, QByteArray &out)
{
    const QVariant ident = request.ident.isEmpty() ? QVariant() : QVariant(request.ident);
    const QVariant arguments = QVariant::fromValue(AioRemoteObject::tuple(request.arguments));
    const QVariantList parts{ident, request.method, arguments, QVariant(request.keywords)};
    return encodePickle(QVariant::fromValue(AioRemoteObject::tuple(parts)), out, "AioManager::call");
}

AioError encodePython(const ManagerReply &reply, QByteArray &out)
{
    QVariant value = reply.value;
    if (reply.kind == ManagerReply::Error)
        value = QVariant::fromValue(toPython(reply.error));
    else if (reply.kind == ManagerReply::Traceback || reply.kind == ManagerReply::Unserializable)
        value = reply.error.message;
    const QVariantList parts{QString::fromLatin1(kindNames[reply.kind]), value};
    return encodePickle(QVariant::fromValue(AioRemoteObject::tuple(parts)), out, "AioManager::reply");
}

AioError decodePython(QByteArrayView message, ManagerRequest &request)
{
    QVariant value;
    if (const AioError error = decodePickle(message, value, "AioManager::receive"))
        return error;
    const QVariantList parts = toList(value);
    if (parts.size() != 4 || parts[1].typeId() != QMetaType::QString || !parts[2].canConvert<QVariantList>())
        return malformed("a request");
    request.ident = parts[0].toString();
    request.method = parts[1].toString();
    request.arguments = toList(parts[2]);
    request.keywords = parts[3].toMap();
    return {};
}

AioError decodePython(QByteArrayView message, ManagerReply &reply)
{
    QVariant value;
    if (const AioError error = decodePickle(message, value, "AioManager::receive"))
        return error;
    const QVariantList parts = toList(value);
    const QString name = parts.value(0).toString();
    if (parts.size() != 2)
        return malformed("a reply");
    if (name == QLatin1StringView("#RETURN") || name == QLatin1StringView("#PROXY")) {
        reply.kind = name == QLatin1StringView("#PROXY") ? ManagerReply::Proxy : ManagerReply::Return;
        // what keys() and its like give is sent as list([...])
        const AioRemoteObject view = objectOf(parts[1]);
        const bool isView = view.isBuiltin(QLatin1StringView("list")) && view.arguments().size() == 1;
        reply.value = isView ? view.arguments().constFirst() : parts[1];
    } else if (name == QLatin1StringView("#ERROR")) {
        reply.kind = ManagerReply::Error;
        reply.error = fromPython(parts[1]);
    } else if (name == QLatin1StringView("#TRACEBACK")) {
        reply.kind = ManagerReply::Traceback;
        reply.error = fromTraceback(parts[1].toString());
    } else if (name == QLatin1StringView("#UNSERIALIZABLE")) {
        reply.kind = ManagerReply::Unserializable;
        reply.error = AioError(AioError::Unserializable, QStringLiteral("the manager cannot send the result: %1").arg(parts[1].toString()));
    } else {
        return malformed("a reply");
    }
    return {};
}

// -- objects within values

QVariant toPython(const AioAddress &address)
{
    if (!address.isTcp())
        return address.localPath();
    return QVariant::fromValue(AioRemoteObject::tuple({address.host(), qlonglong(address.port())}));
}

QVariant toPython(const ManagerToken &token)
{
    const QVariantList state{token.typeId, toPython(token.address), token.ident};
    const auto object = AioRemoteObject::instance(QLatin1StringView(managersModule), QStringLiteral("Token"), {});
    return QVariant::fromValue(object.withState(QVariant::fromValue(AioRemoteObject::tuple(state))));
}

std::optional<ManagerToken> toToken(const QVariant &value)
{
    const AioRemoteObject object = objectOf(value);
    const QVariantList state = toList(object.state());
    if (!isManagers(object, "Token") || state.size() != 3)
        return std::nullopt;
    const QVariantList place = toList(state[1]);
    const AioAddress address = place.size() == 2 ? AioAddress::tcp(place[0].toString(), quint16(place[1].toUInt()))
                                                 : AioAddress::local(state[1].toString());
    return ManagerToken(state[0].toString(), address, state[2].toString());
}

QVariant toPythonProxy(const ManagerToken &token, const QStringList &exposed)
{
    static const QMap<QString, QString> proxyTypes{
        {QStringLiteral("list"), QStringLiteral("ListProxy")},
        {QStringLiteral("dict"), QStringLiteral("DictProxy")},
        {QStringLiteral("Namespace"), QStringLiteral("NamespaceProxy")},
        {QStringLiteral("Value"), QStringLiteral("ValueProxy")},
        {QStringLiteral("Array"), QStringLiteral("ArrayProxy")},
        {QStringLiteral("Lock"), QStringLiteral("AcquirerProxy")},
        {QStringLiteral("RLock"), QStringLiteral("AcquirerProxy")},
        {QStringLiteral("Semaphore"), QStringLiteral("AcquirerProxy")},
        {QStringLiteral("BoundedSemaphore"), QStringLiteral("AcquirerProxy")},
        {QStringLiteral("Condition"), QStringLiteral("ConditionProxy")},
        {QStringLiteral("Event"), QStringLiteral("EventProxy")},
        {QStringLiteral("Barrier"), QStringLiteral("BarrierProxy")},
        {QStringLiteral("Iterator"), QStringLiteral("IteratorProxy")},
        {QStringLiteral("Pool"), QStringLiteral("PoolProxy")},
    };
    const QString name = proxyTypes.value(token.typeId, QStringLiteral("AutoProxy"));
    QVariantMap keywords;
    if (name == QLatin1StringView("AutoProxy")) {
        QVariantList names;
        for (const QString &method : exposed)
            names.append(method);
        keywords.insert(QStringLiteral("exposed"), QVariant::fromValue(AioRemoteObject::tuple(names)));
    }
    const QVariant type = QVariant::fromValue(AioRemoteObject::reference(QLatin1StringView(managersModule), name));
    const QVariantList arguments{type, toPython(token), QStringLiteral("pickle"), QVariant(keywords)};
    return QVariant::fromValue(AioRemoteObject::call(QLatin1StringView(managersModule), QStringLiteral("RebuildProxy"), arguments));
}

QVariant toPythonProxy(const AioHandle &handle)
{
    const QString typeId = QVariant::fromValue(handle.kind()).toString();
    return toPythonProxy(ManagerToken(typeId, AioAddress(handle.peer()), QString::number(handle.address(), 16)), {});
}

std::optional<ManagerToken> toTokenOfProxy(const QVariant &value)
{
    const AioRemoteObject object = objectOf(value);
    if (!isManagers(object, "RebuildProxy") || object.arguments().size() < 2)
        return std::nullopt;
    return toToken(object.arguments()[1]);
}

AioHandle::Kind handleKindOf(const QString &typeId)
{
    static const QMap<QString, AioHandle::Kind> kinds{
        {QStringLiteral("Lock"), AioHandle::Lock},
        {QStringLiteral("RLock"), AioHandle::RLock},
        {QStringLiteral("Semaphore"), AioHandle::Semaphore},
        {QStringLiteral("BoundedSemaphore"), AioHandle::BoundedSemaphore},
        {QStringLiteral("Condition"), AioHandle::Condition},
        {QStringLiteral("Event"), AioHandle::Event},
        {QStringLiteral("Barrier"), AioHandle::Barrier},
        {QStringLiteral("Queue"), AioHandle::Queue},
        {QStringLiteral("JoinableQueue"), AioHandle::JoinableQueue},
        {QStringLiteral("Pool"), AioHandle::Pool},
    };
    return kinds.value(typeId, AioHandle::Proxy);
}

} // namespace aio_detail

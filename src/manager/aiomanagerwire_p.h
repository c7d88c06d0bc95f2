// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioaddress.h>
#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiohandle.h>

#include <QByteArray>
#include <QVariant>

#include <optional>

/*
 * The two protocols of managers. That of Python: a pickle (ident, method, arguments, keywords), answered by (kind, value), one
 * after the other. Between programs of this library the first request over a connection is `#aio`, which a Python server
 * answers with an error; from then on messages carry a number, so that any number of calls may be pending, and be cancelled:
 *
 *   call      1, number : 8, owner : 8, ident, method, a QVariantList of the arguments and a QVariantMap of the keywords
 *   cancel    2, number : 8
 *   answer    3, number : 8, kind : 1, the value (of an error, the AioError)
 *
 * in the library's own encoding (aiovariantcodec_p.h); numbers are little-endian, ident and method stand behind a length of one byte.
 */
namespace aio_detail {

inline const auto nativeGreeting = QStringLiteral("#aio");
constexpr int nativeVersion = 1;

struct ManagerRequest
{
    ManagerRequest() {}

    quint64 number = 0;
    quint64 owner = 0;
    bool isCancel = false;
    QString ident;              // empty: the server itself
    QString method;
    QVariantList arguments;
    QVariantMap keywords;
};

struct ManagerReply
{
    enum Kind : quint8 { Return, Proxy, Error, Traceback, Unserializable };

    ManagerReply() {}
    explicit ManagerReply(const QVariant &result) : value(result) {}
    ManagerReply(Kind errorKind, const AioError &reason) : kind(errorKind), error(reason) {}

    quint64 number = 0;
    Kind kind = Return;
    QVariant value;             // of a Return, or what stands for the object of a Proxy
    AioError error;             // of the others
};

// Each returns an error with code NoError, or why the bytes cannot be written or read.
[[nodiscard]] AioError encodeNative(const ManagerRequest &request, QByteArray &out);
[[nodiscard]] AioError encodeNative(const ManagerReply &reply, QByteArray &out);
/* After an Unserializable the number is known all the same. */
[[nodiscard]] AioError decodeNative(QByteArrayView message, ManagerRequest &request);
[[nodiscard]] AioError decodeNative(QByteArrayView message, ManagerReply &reply);

[[nodiscard]] AioError encodePython(const ManagerRequest &request, QByteArray &out);
[[nodiscard]] AioError encodePython(const ManagerReply &reply, QByteArray &out);
[[nodiscard]] AioError decodePython(QByteArrayView message, ManagerRequest &request);
[[nodiscard]] AioError decodePython(QByteArrayView message, ManagerReply &reply);

// -- objects within values

/* How Python names an address: a path, or (host, port). */
QVariant toPython(const AioAddress &address);

/* multiprocessing.managers.Token */
struct ManagerToken
{
    ManagerToken() {}
    ManagerToken(const QString &type, const AioAddress &where, const QString &what) : typeId(type), address(where), ident(what) {}

    QString typeId;
    AioAddress address;
    QString ident;
};

QVariant toPython(const ManagerToken &token);
std::optional<ManagerToken> toToken(const QVariant &value);
/* The proxy of what \a token names, for a Python program; \a exposed are the names of its methods. */
QVariant toPythonProxy(const ManagerToken &token, const QStringList &exposed);
/* The token of a proxy that a Python program has sent; nothing: it is something else. */
std::optional<ManagerToken> toTokenOfProxy(const QVariant &value);
/* The proxy for a Python program of what \a handle names, which is no Proxy. */
QVariant toPythonProxy(const AioHandle &handle);
/* The kind of handles of what a server calls \a typeId. */
AioHandle::Kind handleKindOf(const QString &typeId);

} // namespace aio_detail

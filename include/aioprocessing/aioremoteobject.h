// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

#include <QMetaType>
#include <QSharedDataPointer>
#include <QString>
#include <QVariant>

QT_BEGIN_NAMESPACE
class QDataStream;
class QDebug;
QT_END_NAMESPACE

class AioRemoteObjectData;

/*!
 * \class AioRemoteObject
 * \brief A Python value that Qt has no type for: its class and its parts, inert, to be looked at and sent back.
 *
 * \code
 * const QVariant reply = co_await connection.coro_recv();      // the Python side sent (1, 'two'), a tuple
 * const QVariantList items = reply.toList();                   // tuples and sets convert to lists
 * co_await connection.coro_send(AioRemoteObject::tuple({1, QStringLiteral("two")}));
 * \endcode
 *
 * Messages in the pickle format may hold objects of any class. The library never calls anything to make them: it reads what Python would
 * call, and with what, into a value of this class. Sent back, it is to Python the object that it was.
 *
 * What is read as which type: None is an invalid QVariant; bool, float, str, bytes, list are bool, double, QString, QByteArray, QVariantList;
 * an int is a qlonglong, or a qulonglong where that is too small; a dict whose keys are all str is a QVariantMap;
 * datetime.date, time and datetime are QDate, QTime and QDateTime, cut to milliseconds. Everything else is an AioRemoteObject, and so are
 * tuple, set, frozenset, bytearray, larger ints and other dicts, with the names they have in Python's module "builtins". QVariant
 * converts the first three and dicts (to pairs, each a list of two) to QVariantList, and bytearray to QByteArray.
 *
 * Threads: an implicitly shared value; every thread may use its own copy.
 *
 * \sa AioConnection::setCodec()
 */
class AIOPROCESSING_EXPORT AioRemoteObject
{
    Q_GADGET
    Q_PROPERTY(Kind kind READ kind CONSTANT)
    Q_PROPERTY(QString module READ module CONSTANT)
    Q_PROPERTY(QString name READ name CONSTANT)
    Q_PROPERTY(QVariantList arguments READ arguments CONSTANT)
    Q_PROPERTY(QVariant state READ state CONSTANT)
public:
    /*!
     * \enum AioRemoteObject::Kind
     * \value Null          Nothing; written as None.
     * \value Reference     A class or function itself.
     * \value Call          What a call of it with arguments() gives; most classes.
     * \value Instance      An instance of it, made with arguments() and keywords() but without its constructor.
     */
    enum Kind { Null, Reference, Call, Instance };
    Q_ENUM(Kind)

    AioRemoteObject();
    AioRemoteObject(const AioRemoteObject &);
    AioRemoteObject &operator=(const AioRemoteObject &);
    ~AioRemoteObject();

    /*! The class or function \a name of \a module. */
    static AioRemoteObject reference(const QString &module, const QString &name);
    /*! What calling it with \a arguments gives, such as call("fractions", "Fraction", {1, 3}). */
    static AioRemoteObject call(const QString &module, const QString &name, const QVariantList &arguments);
    /*! An instance of a class, as its __new__() makes it. */
    static AioRemoteObject instance(const QString &module, const QString &name, const QVariantList &arguments,
                                    const QVariantMap &keywords = {});
    static AioRemoteObject tuple(const QVariantList &items);
    static AioRemoteObject set(const QVariantList &items);

    Kind kind() const;
    bool isNull() const { return kind() == Null; }
    QString module() const;
    QString name() const;
    QVariantList arguments() const;
    QVariantMap keywords() const;
    /*! What the object's __setstate__() gets, mostly a QVariantMap of its attributes; hasState() is false where there is none. */
    QVariant state() const;
    bool hasState() const;
    /*! What is appended to the object after it was made: that of a subclass of list. */
    QVariantList items() const;
    /*! What is set in the object after it was made, that of a subclass of dict: key, value, key, value ... */
    QVariantList entries() const;

    /*! Changed copies. */
    AioRemoteObject withState(const QVariant &state) const;
    AioRemoteObject withItems(const QVariantList &items) const;
    AioRemoteObject withEntries(const QVariantList &entries) const;

    /*! Whether this is an object of builtins.\a name, such as "tuple". */
    bool isBuiltin(QLatin1StringView name) const;
    /*! The items of a tuple, set or frozenset, the pairs of a dict; else \a ok is false. What QVariant::toList() does. */
    QVariantList toList(bool *ok = nullptr) const;
    /*! The bytes of a bytearray; else \a ok is false. What QVariant::toByteArray() does. */
    QByteArray toByteArray(bool *ok = nullptr) const;

    friend AIOPROCESSING_EXPORT bool operator==(const AioRemoteObject &, const AioRemoteObject &);

private:
    friend AIOPROCESSING_EXPORT QDataStream &operator>>(QDataStream &, AioRemoteObject &);
    QSharedDataPointer<AioRemoteObjectData> d;
};

AIOPROCESSING_EXPORT QDataStream &operator<<(QDataStream &, const AioRemoteObject &);
/*! Sets ReadCorruptData on the stream when the bytes are no such object. */
AIOPROCESSING_EXPORT QDataStream &operator>>(QDataStream &, AioRemoteObject &);
AIOPROCESSING_EXPORT QDebug operator<<(QDebug, const AioRemoteObject &);

Q_DECLARE_METATYPE(AioRemoteObject)

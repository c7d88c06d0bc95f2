// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiopromises.h"

#include <aioprocessing/aioclient.h>
#include <aioprocessing/aioconnection.h>
#include <aioprocessing/aiopipe.h>

#include <QQmlEngine>

#include <memory>

/*!
 * \class AioConnection
 * \brief One end of a connection to another process, over which whole messages go both ways.
 *
 * \code
 * AioPipe { id: pipe }
 * AioProcess { target: "serve"; arguments: [pipe.second]; running: true }      // serve(AioConnection &peer)
 * pipe.first.send("hello").then(() => pipe.first.recv(2000)).then(reply => ...)
 * \endcode
 *
 * They come from AioPipe, AioListener, AioClient, and from a handle. One that goes to a worker is closed here. Values are those of AioQueue.
 */
class AioQmlConnection : public QObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioConnection)
    Q_PROPERTY(AioHandle handle READ handle WRITE setHandle NOTIFY openChanged)
    Q_PROPERTY(bool open READ isOpen NOTIFY openChanged)
    Q_PROPERTY(Codec codec READ codec WRITE setCodec NOTIFY codecChanged)
public:
    enum Codec { DataStream = AioConnection::DataStream, Cbor = AioConnection::Cbor, Pickle = AioConnection::Pickle };
    Q_ENUM(Codec)
    enum Handshake { Native = AioConnection::Native, Python = AioConnection::Python };
    Q_ENUM(Handshake)

    explicit AioQmlConnection(QObject *parent = nullptr);
    explicit AioQmlConnection(std::shared_ptr<AioConnection> core, QObject *parent = nullptr);
    ~AioQmlConnection() override;

    /*! Setting it takes the end that it stands for. Null else: to give one away, pass on the connection itself. */
    AioHandle handle() const { return m_handle; }
    void setHandle(const AioHandle &handle);
    /*! Whether it is connected, and not closed by this side. */
    bool isOpen() const { return m_core && m_core->isOpen(); }
    /*! How what is sent is written. Pickle is for Python peers. */
    Codec codec() const;
    void setCodec(Codec codec);

    /*! True; false: out of time, and nothing was sent. */
    Q_INVOKABLE QJSValue send(const QJSValue &value, const QJSValue &options = QJSValue());
    /*! The next message; undefined: out of time. */
    Q_INVOKABLE QJSValue recv(const QJSValue &options = QJSValue());
    /*! The same with text or an ArrayBuffer as it is, and of a message as an ArrayBuffer. */
    Q_INVOKABLE QJSValue sendBytes(const QJSValue &data, const QJSValue &options = QJSValue());
    Q_INVOKABLE QJSValue recvBytes(const QJSValue &options = QJSValue());
    /*! True: there is a message, or the other side has closed; false: out of time. */
    Q_INVOKABLE QJSValue poll(const QJSValue &options = QJSValue());
    Q_INVOKABLE void close();

    /*! Closes it here; whoever opens the handle has it. Throws AioException. */
    AioHandle giveAway();

Q_SIGNALS:
    void readyRead();
    void received(const QVariant &value);
    void sent();
    void disconnected();
    void errorOccurred(const AioError &error);
    void openChanged();
    void codecChanged();

protected:
    /*! Uses \a core from now on. */
    void adopt(std::shared_ptr<AioConnection> core);
    AioConnection &core() const;

private:
    std::shared_ptr<AioConnection> m_core;
    AioHandle m_handle;
    std::optional<Codec> m_codec;
};

/*! What JavaScript has of a connection that was accepted: it is the engine's to delete. */
QVariant toVariant(std::unique_ptr<AioConnection> &&connection);

/* Throws UsageError when \a text is none. */
AioAddress toAddress(const QString &text, const char *operation);

/*!
 * \class AioClient
 * \brief The connection to a listener.
 *
 * \code
 * AioClient { id: client; address: "tcp://127.0.0.1:6000"; key: "secret"; handshake: AioConnection.Python }
 * client.connectToPeer(2000).then(() => client.send([1, 2, 3]))
 * \endcode
 */
class AioQmlClient : public AioQmlConnection
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioClient)
    Q_PROPERTY(QString address MEMBER m_address NOTIFY settingsChanged)
    Q_PROPERTY(QString key MEMBER m_key NOTIFY settingsChanged)
    Q_PROPERTY(Handshake handshake MEMBER m_handshake NOTIFY settingsChanged)
public:
    explicit AioQmlClient(QObject *parent = nullptr) : AioQmlConnection(parent) {}

    /*! Connects, anew if it is connected. True; false: out of time. */
    Q_INVOKABLE QJSValue connectToPeer(const QJSValue &options = QJSValue());

Q_SIGNALS:
    void connected();
    void settingsChanged();

private:
    QString m_address;
    QString m_key;
    Handshake m_handshake = Native;
};

/*! \class AioPipe \brief Two ends of a connection; what goes to a worker is one of them. */
class AioQmlPipe : public QObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioPipe)
    Q_PROPERTY(AioQmlConnection *first READ first CONSTANT)
    Q_PROPERTY(AioQmlConnection *second READ second CONSTANT)
public:
    explicit AioQmlPipe(QObject *parent = nullptr);

    AioQmlConnection *first() const { return m_first; }
    AioQmlConnection *second() const { return m_second; }

private:
    AioQmlConnection *m_first = nullptr;
    AioQmlConnection *m_second = nullptr;
};

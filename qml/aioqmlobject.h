// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiopromises.h"
#include "aioqmlcontext.h"

#include <aioprocessing/aioobject.h>

#include <QPointer>
#include <QQmlEngine>
#include <QQmlParserStatus>

#include <memory>

/*!
 * \class AioObject
 * \brief What all shared objects of the module have in common.
 *
 * \code
 * AioEvent { id: ready; name: "indexer-ready" }                // opened, or made, by its name
 * AioQueue { id: jobs; maxSize: 100 }                          // a new one
 * pool.apply("index", [folder, jobs])                          // what goes to a worker is its handle
 * AioLock { handle: backend.lockHandle }                       // one that somebody else has made
 * \endcode
 *
 * The shared object is opened when the element is complete. Changing what names it then opens another one, and what waits for the old one ends
 * with Cancelled.
 *
 * Properties that show a state, such as AioEvent.isSet, may be bound to: they follow what any process does with the object, at most fifty times a
 * second. While nobody binds to them, or nothing changes, that costs nothing. See AioObject::stateChanged() of C++ for what it costs else. Objects
 * of a manager have no such news, and asking for their state blocks until the answer has come.
 *
 * Operations that may wait return a Promise; the others throw an Error. The last argument of the former is a number of
 * milliseconds, or options: { timeout: 500, signal: controller.signal }. Out of time is no error: it is false, or undefined where there would
 * be a value. See AioPromises for the errors.
 */
class AioQmlObject : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    QML_NAMED_ELEMENT(AioObject)
    QML_UNCREATABLE("It is the base of AioLock, AioQueue and their like.")
    Q_PROPERTY(QString name READ name WRITE setName NOTIFY nameChanged)
    Q_PROPERTY(AioQmlContext *context READ context WRITE setContext NOTIFY contextChanged)
    Q_PROPERTY(AioHandle handle READ handle WRITE setHandle NOTIFY handleChanged)
    Q_PROPERTY(QString key READ key NOTIFY handleChanged)
public:
    ~AioQmlObject() override;

    /*! Under which programs share it; empty, the default: it has none. */
    QString name() const { return m_name; }
    void setName(const QString &name);
    /*! Where it lives; null: in the default context. */
    AioQmlContext *context() const { return m_context; }
    void setContext(AioQmlContext *context);
    /*! Its address. Setting it opens the object that it names. */
    AioHandle handle() const;
    void setHandle(const AioHandle &handle);
    /*! The same as text for people. */
    QString key() const { return handle().key(); }

    /*! Key and state as text for people. */
    Q_INVOKABLE QString describe();

    /*! The shared object. Throws AioException when it cannot be opened. */
    AioObject &requireCore() const;
    AioHandle requireHandle() const { return requireCore().handle(); }
    /*! Stands for \a core, which somebody else has opened, from now on. */
    void adopt(std::unique_ptr<AioObject> core);

    void classBegin() override { m_isComplete = false; }
    void componentComplete() override;

Q_SIGNALS:
    void errorOccurred(const AioError &error);
    void nameChanged();
    void contextChanged();
    void handleChanged();
    /*! What a property shows has changed. */
    void stateChanged();

protected:
    explicit AioQmlObject(QObject *parent);

    /*! The object by its handle, its name, or a new one, in this order. Throws AioException. */
    virtual std::unique_ptr<AioObject> open() = 0;
    /*! The one that somebody else has made; null: there is none. */
    template<class T>
    std::unique_ptr<T> given()
    {
        if (m_adopted)
            return std::unique_ptr<T>(static_cast<T *>(m_adopted.release()));
        return m_handle.isNull() ? nullptr : std::make_unique<T>(m_handle);
    }
    /*! That, or else a new one of class T, with what \a arguments say. */
    template<class T, class... A>
    std::unique_ptr<T> make(A &&...arguments)
    {
        if (auto object = given<T>())
            return object;
        AioContext &context = m_context ? m_context->core() : *AioContext::defaultContext();
        if constexpr (requires { T(m_name, std::forward<A>(arguments)..., context); }) {
            if (!m_name.isEmpty())
                return std::make_unique<T>(m_name, std::forward<A>(arguments)..., context);
        } else {
            requireNoName();
        }
        if constexpr (requires { T(context, std::forward<A>(arguments)...); })
            return std::make_unique<T>(context, std::forward<A>(arguments)...);
        else
            return std::make_unique<T>(std::forward<A>(arguments)..., context);
    }
    template<class T>
    T &core() const
    {
        return static_cast<T &>(requireCore());
    }
    /*! The promise of the task that \a start(object, deadline, stop) returns. */
    template<class T, class Start>
    QJSValue promise(const QJSValue &options, Start start)
    {
        return AioPromises::of(this, options, [&](QDeadlineTimer deadline, std::stop_token stop) {
            return start(core<T>(), deadline, std::move(stop));
        });
    }
    /*! What \a ask(object) returns; what it throws is thrown in JavaScript. */
    template<class T, class Ask>
    auto call(Ask ask) const
    {
        return aio_qml::attempt(this, [&] { return ask(core<T>()); });
    }
    void connectNotify(const QMetaMethod &signal) override;
    /*! Something that names the object has changed. */
    void reopen();
    bool isComplete() const { return m_isComplete; }
    /*! Whether it is one that somebody else has made. */
    bool isGiven() const { return m_adopted || !m_handle.isNull(); }

private:
    void requireNoName() const;
    void watch();
    void tellOfChange();

    bool m_isComplete = true;
    bool m_isWatched = false;
    QString m_name;
    QPointer<AioQmlContext> m_context;
    AioHandle m_handle;
    std::unique_ptr<AioObject> m_adopted;       // until it is opened
    std::unique_ptr<AioObject> m_core;
};

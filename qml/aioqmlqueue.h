// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aioqmlobject.h"

#include <aioprocessing/aiojoinablequeue.h>
#include <aioprocessing/aiosimplequeue.h>

/*!
 * \class AioQueue
 * \brief A queue of values between processes.
 *
 * \code
 * results.forEach(result => list.append(result)).then(count => ...)       // until somebody calls shutDown()
 * results.get(2000).then(result => ...)                                   // undefined: two seconds have passed
 * \endcode
 *
 * Values are what JavaScript has: numbers, text, booleans, arrays, objects, dates, ArrayBuffers, QML's value types, and the objects and handles
 * of this module. undefined and null arrive as undefined. What C++ has put arrives as far as QML knows its type.
 */
class AioQmlQueue : public AioQmlObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioQueue)
    Q_PROPERTY(int maxSize READ maxSize WRITE setMaxSize NOTIFY maxSizeChanged)
    Q_PROPERTY(int size READ size NOTIFY stateChanged)
    Q_PROPERTY(bool isEmpty READ isEmpty NOTIFY stateChanged)
    Q_PROPERTY(bool isFull READ isFull NOTIFY stateChanged)
    Q_PROPERTY(bool isShutDown READ isShutDown NOTIFY stateChanged)
public:
    explicit AioQmlQueue(QObject *parent = nullptr) : AioQmlObject(parent) {}

    /*! How many items it holds at most; 0: as many as there is memory for. */
    int maxSize() const { return m_maxSize; }
    void setMaxSize(int maxSize);
    int size() const;
    bool isEmpty() const { return size() == 0; }
    bool isFull() const;
    bool isShutDown() const;

    /*! True; false: out of time. */
    Q_INVOKABLE QJSValue put(const QJSValue &value, const QJSValue &options = QJSValue());
    Q_INVOKABLE bool tryPut(const QJSValue &value);
    /*! The next item; undefined: out of time. */
    Q_INVOKABLE QJSValue get(const QJSValue &options = QJSValue());
    /*! The next item if there is one, else undefined. */
    Q_INVOKABLE QJSValue tryGet();
    /*!
     * Calls \a function with each item, one after the other, until the queue is shut down, and then resolves with the number of items. A
     * promise that \a function returns is waited for. What it throws rejects the promise of forEach().
     */
    Q_INVOKABLE QJSValue forEach(const QJSValue &function, const QJSValue &options = QJSValue());
    Q_INVOKABLE void close();
    Q_INVOKABLE void shutDown(bool immediate = false);

Q_SIGNALS:
    void got(const QVariant &item);
    void putDone();
    void shutDownDone();
    void maxSizeChanged();

protected:
    std::unique_ptr<AioObject> open() override;
    void announce(AioQueue *queue);

private:
    int m_maxSize = 0;
};

/*! \class AioSimpleQueue \brief A queue without a limit of its own: its maxSize stays 0. */
class AioQmlSimpleQueue : public AioQmlQueue
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioSimpleQueue)
public:
    explicit AioQmlSimpleQueue(QObject *parent = nullptr) : AioQmlQueue(parent) {}

protected:
    std::unique_ptr<AioObject> open() override;
};

/*!
 * \class AioJoinableQueue
 * \brief A queue that knows when everything that was put into it is done.
 */
class AioQmlJoinableQueue : public AioQmlQueue
{
    Q_OBJECT
    QML_NAMED_ELEMENT(AioJoinableQueue)
    Q_PROPERTY(DeadConsumerPolicy policy READ policy WRITE setPolicy NOTIFY policyChanged)
public:
    enum DeadConsumerPolicy { CountAsLost = AioJoinableQueue::CountAsLost, Redeliver = AioJoinableQueue::Redeliver };
    Q_ENUM(DeadConsumerPolicy)

    explicit AioQmlJoinableQueue(QObject *parent = nullptr) : AioQmlQueue(parent) {}

    /*! What becomes of an item whose consumer dies. */
    DeadConsumerPolicy policy() const { return m_policy; }
    void setPolicy(DeadConsumerPolicy policy);

    /*! Finishes the item that this program has had for longest. */
    Q_INVOKABLE void taskDone();
    /*! True, when every item is finished; false: out of time. */
    Q_INVOKABLE QJSValue join(const QJSValue &options = QJSValue());
    /*! The next item as { value, attempt, redelivered }; undefined: out of time. */
    Q_INVOKABLE QJSValue getDelivery(const QJSValue &options = QJSValue());
    Q_INVOKABLE double lostCount() const;

Q_SIGNALS:
    void joined();
    void finished();
    void policyChanged();

protected:
    std::unique_ptr<AioObject> open() override;

private:
    DeadConsumerPolicy m_policy = CountAsLost;
};

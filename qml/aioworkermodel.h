// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiopoolwatch.h"

#include <QAbstractListModel>
#include <QQmlEngine>
#include <QTimer>

/*!
 * \class AioWorkerModel
 * \brief The workers of a pool, a row each.
 *
 * \code
 * Repeater {
 *     model: AioWorkerModel { pool: thePool }
 *     delegate: Button { text: pid + " " + stateName; onClicked: thePool.killWorker(pid) }
 * }
 * \endcode
 *
 * It looks at the pool every interval milliseconds while something happens there, and once a second else, as memory changes by itself.
 */
class AioWorkerModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(AioPool *pool READ pool WRITE setPool NOTIFY poolChanged)
    Q_PROPERTY(int interval READ interval WRITE setInterval NOTIFY intervalChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
public:
    enum State { Starting, Idle, Busy };
    Q_ENUM(State)
    enum Role {
        PidRole = Qt::UserRole + 1, StateRole, StateNameRole, TaskIdRole, FunctionNameRole, TasksDoneRole,
        BusyRatioRole,    // 0 to 1, since it started
        MemoryRole        // bytes
    };
    Q_ENUM(Role)

    explicit AioWorkerModel(QObject *parent = nullptr);
    ~AioWorkerModel() override;

    AioPool *pool() const { return m_watch.pool(); }
    void setPool(AioPool *pool);
    /*! Milliseconds; 100 by default. */
    int interval() const { return m_watch.interval(); }
    void setInterval(int milliseconds);
    int count() const { return int(m_workers.size()); }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;
    /*! All roles of a row, by name. */
    Q_INVOKABLE QVariantMap get(int row) const;

Q_SIGNALS:
    void poolChanged();
    void intervalChanged();
    void countChanged();

private:
    void update();

    AioPoolWatch m_watch;
    QTimer m_timer;
    QList<AioWorkerStats> m_workers;      // in the order in which they started
};

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiopoolwatch.h"

#include <QAbstractListModel>
#include <QElapsedTimer>
#include <QQmlEngine>
#include <QTimer>

#include <deque>
#include <set>
#include <vector>

/*!
 * \class AioPoolModel
 * \brief The tasks of a pool, a row each: those that run, and as many of the others as history says, in the order in which they began.
 *
 * \code
 * ListView {
 *     model: AioPoolModel { pool: thePool; history: 1000 }
 *     delegate: Text { text: taskId + " " + functionName + " " + stateName }
 * }
 * \endcode
 *
 * It looks at the pool every interval milliseconds while something happens there, and takes a thousand rows from it at most, which with
 * the default interval is ten thousand tasks a second. So a hundred thousand tasks cost a view no more than ten. When tasks end faster
 * than that, the rows lag behind by as many looks, and those that the history has forgotten meanwhile never become rows; what has come
 * last is always there in the end. Changes are told for the rows that have changed alone, as many as possible at once. Those that wait
 * are not rows: see AioPool.pendingTasks.
 */
class AioPoolModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(AioPool *pool READ pool WRITE setPool NOTIFY poolChanged)
    Q_PROPERTY(int history READ history WRITE setHistory NOTIFY historyChanged)
    Q_PROPERTY(int interval READ interval WRITE setInterval NOTIFY intervalChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
public:
    enum State {
        Running = AioTaskInfo::Running, Finished = AioTaskInfo::Finished, Failed = AioTaskInfo::Failed, Cancelled = AioTaskInfo::Cancelled
    };
    Q_ENUM(State)
    enum Role {
        TaskIdRole = Qt::UserRole + 1, FunctionNameRole, StateRole, StateNameRole,
        ProgressRole,     // 0 to 1; -1: the task says nothing of it
        ProgressTextRole,
        ElapsedRole,      // milliseconds
        WorkerPidRole, AttemptRole, ResultRole, ErrorRole, ErrorTextRole,
        LogRole           // the last lines of AioTaskContext::log(), a list of strings
    };
    Q_ENUM(Role)

    explicit AioPoolModel(QObject *parent = nullptr);
    ~AioPoolModel() override;

    AioPool *pool() const { return m_watch.pool(); }
    void setPool(AioPool *pool);
    /*!
     * How many tasks that have ended are kept; 1000 by default. Models of one pool share the largest. Whatever the number, keeping them
     * costs the pool's own thread about two microseconds for each task, and a look at a thousand rows this thread a tenth of a millisecond.
     */
    int history() const { return m_history; }
    void setHistory(int tasks);
    /*! Milliseconds; 100 by default. */
    int interval() const { return m_watch.interval(); }
    void setInterval(int milliseconds);
    int count() const { return int(m_rows.size()); }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;
    /*! All roles of a row, by name. */
    Q_INVOKABLE QVariantMap get(int row) const;

Q_SIGNALS:
    void poolChanged();
    void historyChanged();
    void intervalChanged();
    void countChanged();

private:
    struct Row
    {
        AioTaskInfo task;
        qint64 seenAt = 0;            // milliseconds of m_clock
    };

    void update();
    void change(const QList<AioTaskInfo> &tasks);
    void insert(const QList<AioTaskInfo> &tasks);
    void note(const AioTaskInfo &task);
    void forgetSome();
    void remove(std::vector<quint64> &&orders);
    std::deque<Row>::iterator rowOf(quint64 order);

    AioPoolWatch m_watch;
    int m_history = 1000;
    quint64 m_seen = 0;
    QElapsedTimer m_clock;
    QTimer m_ticking;                 // while tasks run, or there are more
    std::deque<Row> m_rows;           // by order
    std::set<quint64> m_running;      // orders of those that run
    std::deque<quint64> m_ended;      // and of the others, as they ended
};

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aiopoolmodel.h"

#include <QMetaEnum>

#include <algorithm>

namespace {
constexpr int MostRows = 1000;      // that come at once
constexpr int TimePasses = 500;     // ms: what runs has run longer
}

AioPoolModel::AioPoolModel(QObject *parent) : QAbstractListModel(parent)
{
    m_clock.start();
    connect(&m_watch, &AioPoolWatch::happened, this, &AioPoolModel::update);
    m_ticking.setSingleShot(true);
    connect(&m_ticking, &QTimer::timeout, this, &AioPoolModel::update);
}

AioPoolModel::~AioPoolModel() = default;

void AioPoolModel::setPool(AioPool *pool)
{
    if (pool == m_watch.pool())
        return;
    beginResetModel();
    m_rows.clear();
    m_running.clear();
    m_ended.clear();
    m_seen = 0;
    m_watch.setPool(pool);
    endResetModel();
    if (pool && pool->history() < m_history)
        pool->setHistory(m_history);
    Q_EMIT poolChanged();
    update();
}

void AioPoolModel::setHistory(int tasks)
{
    tasks = std::max(tasks, 0);
    if (tasks == m_history)
        return;
    m_history = tasks;
    if (m_watch.pool() && m_watch.pool()->history() < tasks)
        m_watch.pool()->setHistory(tasks);
    Q_EMIT historyChanged();
    update();
}

void AioPoolModel::setInterval(int milliseconds)
{
    milliseconds = std::max(milliseconds, 1);
    if (milliseconds == m_watch.interval())
        return;
    m_watch.setInterval(milliseconds);
    Q_EMIT intervalChanged();
}

// -- what has changed

// The row of the task with this order, or where it would be.
std::deque<AioPoolModel::Row>::iterator AioPoolModel::rowOf(quint64 order)
{
    return std::lower_bound(m_rows.begin(), m_rows.end(), order, [](const Row &row, quint64 wanted) { return row.task.order < wanted; });
}

void AioPoolModel::update()
{
    const int before = count();
    const QList<AioTaskInfo> tasks = m_watch.pool() ? m_watch.pool()->taskHistory(&m_seen, MostRows) : QList<AioTaskInfo>();
    const bool isMore = tasks.size() >= MostRows;
    std::set<quint64> lost = std::exchange(m_running, {});      // unless it is told of them
    for (const AioTaskInfo &task : tasks)
        lost.erase(task.order);
    change(tasks);
    insert(tasks);
    if (isMore)
        m_running.merge(lost);      // they come later
    else
        remove({lost.begin(), lost.end()});
    forgetSome();
    if (isMore)
        m_ticking.start(interval());
    else if (!m_running.empty())
        m_ticking.start(TimePasses);
    else
        m_ticking.stop();
    if (count() != before)
        Q_EMIT countChanged();
}

void AioPoolModel::note(const AioTaskInfo &task)
{
    if (task.state == AioTaskInfo::Running)
        m_running.insert(task.order);
    else
        m_ended.push_back(task.order);
}

// Those of \a tasks that have a row; neighbours at once.
void AioPoolModel::change(const QList<AioTaskInfo> &tasks)
{
    const qint64 now = m_clock.elapsed();
    int first = 0;
    int last = -1;
    const auto tell = [&] {
        if (last >= first)
            Q_EMIT dataChanged(index(first), index(last));
    };
    for (const AioTaskInfo &task : tasks) {
        const auto row = rowOf(task.order);
        if (row == m_rows.end() || row->task.order != task.order)
            continue;
        *row = {task, now};
        note(task);
        const int place = int(row - m_rows.begin());
        if (place != last + 1) {
            tell();
            first = place;
        }
        last = place;
    }
    tell();
}

// Those of \a tasks that have none, which mostly come at the end; of more than there is room for only the last.
void AioPoolModel::insert(const QList<AioTaskInfo> &tasks)
{
    std::vector<Row> added;
    const qint64 now = m_clock.elapsed();
    for (qsizetype i = 0; i < tasks.size(); ++i) {
        const AioTaskInfo &task = tasks[i];
        const auto row = rowOf(task.order);
        const bool isKnown = row != m_rows.end() && row->task.order == task.order;
        if (!isKnown && (tasks.size() - i <= m_history || task.state == AioTaskInfo::Running))
            added.push_back({task, now});
    }
    for (auto first = added.begin(); first != added.end();) {
        const auto place = rowOf(first->task.order);
        auto last = first;
        for (; last != added.end() && (place == m_rows.end() || last->task.order < place->task.order); ++last)
            note(last->task);
        const int row = int(place - m_rows.begin());
        beginInsertRows({}, row, row + int(last - first) - 1);
        m_rows.insert(place, std::make_move_iterator(first), std::make_move_iterator(last));
        endInsertRows();
        first = last;
    }
}

void AioPoolModel::forgetSome()
{
    const qsizetype tooMany = qsizetype(m_ended.size()) - m_history;
    if (tooMany <= 0)
        return;
    const auto end = m_ended.begin() + tooMany;
    std::vector<quint64> orders(m_ended.begin(), end);
    m_ended.erase(m_ended.begin(), end);
    std::sort(orders.begin(), orders.end());
    remove(std::move(orders));
}

// The rows of \a orders, which are sorted; neighbours at once.
void AioPoolModel::remove(std::vector<quint64> &&orders)
{
    while (!orders.empty()) {
        const auto last = rowOf(orders.back());
        auto first = last;
        orders.pop_back();
        while (!orders.empty() && first != m_rows.begin() && std::prev(first)->task.order == orders.back()) {
            --first;
            orders.pop_back();
        }
        beginRemoveRows({}, int(first - m_rows.begin()), int(last - m_rows.begin()));
        m_rows.erase(first, std::next(last));
        endRemoveRows();
    }
}

// -- what views see

int AioPoolModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QHash<int, QByteArray> AioPoolModel::roleNames() const
{
    return {
        {TaskIdRole, "taskId"}, {FunctionNameRole, "functionName"}, {StateRole, "taskState"}, {StateNameRole, "stateName"},
        {ProgressRole, "progress"}, {ProgressTextRole, "progressText"}, {ElapsedRole, "elapsed"}, {WorkerPidRole, "workerPid"},
        {AttemptRole, "attempt"}, {ResultRole, "result"}, {ErrorRole, "error"}, {ErrorTextRole, "errorText"},
        {LogRole, "log"},
    };
}

QVariant AioPoolModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_rows[std::size_t(index.row())];
    const AioTaskInfo &task = row.task;
    switch (role) {
    case Qt::DisplayRole:
        return QStringLiteral("%1 %2").arg(task.id).arg(task.function);
    case TaskIdRole:
        return double(task.id);
    case FunctionNameRole:
        return task.function;
    case StateRole:
        return int(task.state);
    case StateNameRole:
        return QString::fromLatin1(QMetaEnum::fromType<AioTaskInfo::State>().valueToKey(task.state));
    case ProgressRole:
        if (task.state == AioTaskInfo::Finished)
            return 1.0;
        return task.maximum > 0 ? std::clamp(double(task.value) / task.maximum, 0.0, 1.0) : -1.0;
    case ProgressTextRole:
        return task.text;
    case ElapsedRole:
        return double(task.elapsed.count()) / 1e6 + (task.state == AioTaskInfo::Running ? double(m_clock.elapsed() - row.seenAt) : 0);
    case WorkerPidRole:
        return int(task.worker);
    case AttemptRole:
        return task.attempt;
    case ResultRole:
        return task.result;
    case ErrorRole:
        return QVariant::fromValue(task.error);
    case ErrorTextRole:
        return task.error.message;
    case LogRole:
        return task.log;
    default:
        return {};
    }
}

QVariantMap AioPoolModel::get(int row) const
{
    QVariantMap all;
    const QHash<int, QByteArray> names = roleNames();
    for (auto it = names.cbegin(); it != names.cend(); ++it)
        all.insert(QString::fromLatin1(it.value()), data(index(row), it.key()));
    return all;
}

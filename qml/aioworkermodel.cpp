// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioworkermodel.h"

#include <QMetaEnum>

#include <algorithm>

AioWorkerModel::AioWorkerModel(QObject *parent) : QAbstractListModel(parent)
{
    connect(&m_watch, &AioPoolWatch::happened, this, &AioWorkerModel::update);
    m_timer.setInterval(1000);
    connect(&m_timer, &QTimer::timeout, this, &AioWorkerModel::update);
}

AioWorkerModel::~AioWorkerModel() = default;

void AioWorkerModel::setPool(AioPool *pool)
{
    if (pool == m_watch.pool())
        return;
    m_watch.setPool(pool);
    Q_EMIT poolChanged();
    update();
}

void AioWorkerModel::setInterval(int milliseconds)
{
    milliseconds = std::max(milliseconds, 1);
    if (milliseconds == m_watch.interval())
        return;
    m_watch.setInterval(milliseconds);
    Q_EMIT intervalChanged();
}

// The pool lists its workers in the order in which they started, so rows go anywhere and come at the end. One that starts has no number yet.
void AioWorkerModel::update()
{
    const int before = count();
    const QList<AioWorkerStats> now = m_watch.pool() ? m_watch.pool()->stats().workers : QList<AioWorkerStats>();
    const auto isSame = [](const AioWorkerStats &known, const AioWorkerStats &worker) { return known.pid == worker.pid || known.pid == 0; };
    qsizetype row = 0;
    for (qsizetype i = 0; i < now.size(); ++i, ++row) {
        while (row < m_workers.size() && !isSame(m_workers[row], now[i])) {
            beginRemoveRows({}, int(row), int(row));
            m_workers.removeAt(row);
            endRemoveRows();
        }
        if (row < m_workers.size()) {
            m_workers[row] = now[i];
        } else {
            beginInsertRows({}, int(row), int(row));
            m_workers.append(now[i]);
            endInsertRows();
        }
    }
    if (row < m_workers.size()) {
        beginRemoveRows({}, int(row), count() - 1);
        m_workers.resize(row);
        endRemoveRows();
    }
    if (!m_workers.isEmpty())
        Q_EMIT dataChanged(index(0), index(count() - 1));
    if (m_workers.isEmpty())
        m_timer.stop();
    else if (!m_timer.isActive())
        m_timer.start();
    if (count() != before)
        Q_EMIT countChanged();
}

int AioWorkerModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QHash<int, QByteArray> AioWorkerModel::roleNames() const
{
    return {
        {PidRole, "pid"}, {StateRole, "workerState"}, {StateNameRole, "stateName"}, {TaskIdRole, "taskId"},
        {FunctionNameRole, "functionName"}, {TasksDoneRole, "tasksDone"}, {BusyRatioRole, "busyRatio"}, {MemoryRole, "memory"},
    };
}

QVariant AioWorkerModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const AioWorkerStats &worker = m_workers[index.row()];
    const State state = worker.pid == 0 ? Starting : worker.busy ? Busy : Idle;
    switch (role) {
    case Qt::DisplayRole:
    case PidRole:
        return int(worker.pid);
    case StateRole:
        return state;
    case StateNameRole:
        return QString::fromLatin1(QMetaEnum::fromType<State>().valueToKey(state));
    case TaskIdRole:
        return double(worker.task);
    case FunctionNameRole:
        return worker.function;
    case TasksDoneRole:
        return double(worker.tasks);
    case BusyRatioRole:
        return worker.busyRatio;
    case MemoryRole:
        return double(worker.memory);
    default:
        return {};
    }
}

QVariantMap AioWorkerModel::get(int row) const
{
    QVariantMap all;
    const QHash<int, QByteArray> names = roleNames();
    for (auto it = names.cbegin(); it != names.cend(); ++it)
        all.insert(QString::fromLatin1(it.value()), data(index(row), it.key()));
    return all;
}

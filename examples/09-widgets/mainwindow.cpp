// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "mainwindow.h"

#include "work.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QTableWidget>
#include <QVBoxLayout>

namespace {

constexpr int MostWaiting = 64;       // tasks that wait in the pool; the others wait in the queue

QTableWidget *makeTable(const QString &name, const QStringList &columns)
{
    auto *const table = new QTableWidget(0, int(columns.size()));
    table->setObjectName(name);
    table->setHorizontalHeaderLabels(columns);
    table->horizontalHeader()->setStretchLastSection(true);
    table->verticalHeader()->hide();
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setWordWrap(false);
    return table;
}

void setCell(QTableWidget *table, int row, int column, const QString &text)
{
    if (QTableWidgetItem *const item = table->item(row, column))
        item->setText(text);
    else
        table->setItem(row, column, new QTableWidgetItem(text));
}

} // namespace

MainWindow::MainWindow(const QString &folder)
    : m_folder(new QLineEdit(folder)), m_start(new QPushButton(tr("Start"))), m_progress(new QProgressBar), m_status(new QLabel),
      m_workers(makeTable(QStringLiteral("workers"), {tr("Pid"), tr("Task"), tr("Done"), tr("Busy")})),
      m_tasks(makeTable(QStringLiteral("tasks"), {tr("File"), tr("State"), tr("Outcome")}))
{
    m_folder->setObjectName(QStringLiteral("folder"));
    m_start->setObjectName(QStringLiteral("start"));
    m_status->setObjectName(QStringLiteral("status"));
    auto *const chooseButton = new QPushButton(tr("Choose ..."));
    auto *const killButton = new QPushButton(tr("Kill the selected worker"));
    killButton->setObjectName(QStringLiteral("kill"));

    auto *const top = new QHBoxLayout;
    top->addWidget(m_folder);
    top->addWidget(chooseButton);
    top->addWidget(m_start);
    auto *const left = new QWidget;
    auto *const leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins({});
    leftLayout->addWidget(m_workers);
    leftLayout->addWidget(killButton);
    auto *const tables = new QSplitter;
    tables->addWidget(left);
    tables->addWidget(m_tasks);
    tables->setStretchFactor(1, 2);
    tables->setSizes({330, 660});
    m_tasks->setColumnWidth(0, 280);
    m_workers->setColumnWidth(0, 60);
    m_workers->setColumnWidth(2, 60);
    auto *const all = new QWidget;
    auto *const layout = new QVBoxLayout(all);
    layout->addLayout(top);
    layout->addWidget(m_progress);
    layout->addWidget(m_status);
    layout->addWidget(tables, 1);
    setCentralWidget(all);
    resize(1000, 600);

    connect(chooseButton, &QPushButton::clicked, this, &MainWindow::choose);
    connect(m_start, &QPushButton::clicked, this, &MainWindow::startOrCancel);
    connect(m_folder, &QLineEdit::returnPressed, this, &MainWindow::startOrCancel);
    connect(killButton, &QPushButton::clicked, this, &MainWindow::killWorker);

    connect(&m_pool, &AioPool::taskStarted, this, &MainWindow::onTaskStarted);
    connect(&m_pool, &AioPool::taskProgress, this, &MainWindow::onTaskProgress);
    connect(&m_pool, &AioPool::taskFinished, this, &MainWindow::onTaskFinished);
    connect(&m_pool, &AioPool::taskFailed, this, &MainWindow::onTaskFailed);
    connect(&m_pool, &AioPool::activeWorkersChanged, this, &MainWindow::showWorkers);
    connect(&m_refresh, &QTimer::timeout, this, &MainWindow::showWorkers);
    m_refresh.start(250);
    m_status->setText(tr("Choose a directory and press Start."));
}

MainWindow::~MainWindow()
{
    m_pool.disconnect(this);
    m_pool.terminate();
}

// -- what the user does

void MainWindow::choose()
{
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Whose checksums?"), m_folder->text());
    if (!folder.isEmpty())
        m_folder->setText(folder);
}

void MainWindow::startOrCancel()
{
    if (m_finder) {
        for (const quint64 id : m_rows.keys())
            m_pool.cancel(id);
        finish(tr("Cancelled."));
        return;
    }
    m_tasks->setRowCount(0);
    m_rows.clear();
    m_found = m_done = m_failed = 0;
    m_isEverythingFound = false;
    m_batches = std::make_unique<AioQueue>(4);      // the search waits when nobody keeps up with it
    connect(m_batches.get(), &AioQueue::got, this, &MainWindow::takeBatch);
    connect(m_batches.get(), &AioQueue::errorOccurred, this, &MainWindow::onNoMoreBatches);
    m_finder = std::make_unique<AioProcess>(AioCall::to<&findFiles>(*m_batches, m_folder->text(), false));
    connect(m_finder.get(), &AioProcess::finished, this, &MainWindow::onSearchFinished);
    try {
        m_finder->start();
    } catch (const AioException &e) {
        finish(e.error().message);
        return;
    }
    m_start->setText(tr("Cancel"));
    m_status->setText(tr("Working ..."));
    wantBatch();
}

void MainWindow::killWorker()
{
    const QTableWidgetItem *const item = m_workers->item(m_workers->currentRow(), 0);
    if (item)
        m_pool.killWorker(item->text().toLongLong());
}

// -- what happens

// A signal user drops the task: the item comes with got(), and that there are no more with errorOccurred().
void MainWindow::wantBatch()
{
    m_batches->coro_get();
}

void MainWindow::takeBatch(const QVariant &batch)
{
    for (const QVariant &file : batch.toList()) {
        const quint64 id = m_pool.submit(AioCall::to<&checksum>(file.toString()));
        const int row = m_tasks->rowCount();
        m_tasks->insertRow(row);
        setCell(m_tasks, row, 0, file.toString());
        setCell(m_tasks, row, 1, tr("Waiting"));
        m_rows.insert(id, row);
        ++m_found;
    }
    showNumbers();
    if (m_rows.size() < MostWaiting)
        wantBatch();
}

// ShutDown: the process that looks for files has said that there are no more.
void MainWindow::onNoMoreBatches(const AioError &error)
{
    if (error.code != AioError::ShutDown) {
        finish(error.message);
        return;
    }
    m_isEverythingFound = true;
    if (m_rows.isEmpty())
        finish(tr("Done."));
}

void MainWindow::onSearchFinished(int, AioProcess::ExitReason reason)
{
    if (reason != AioProcess::CleanExit)
        finish(tr("The search has failed: %1").arg(m_finder->error().message));
}

void MainWindow::onTaskStarted(quint64 id)
{
    if (m_rows.contains(id))
        setCell(m_tasks, m_rows[id], 1, tr("Running"));
}

void MainWindow::onTaskProgress(quint64 id, int value, int maximum)
{
    if (m_rows.contains(id))
        setCell(m_tasks, m_rows[id], 1, tr("%1 %").arg(100 * value / maximum));
}

void MainWindow::onTaskFinished(quint64 id, const QVariant &result)
{
    m_done += m_rows.contains(id);
    finishTask(id, tr("Finished"), result.toString());
}

void MainWindow::onTaskFailed(quint64 id, const AioError &error)
{
    m_failed += m_rows.contains(id);
    finishTask(id, error.code == AioError::Cancelled ? tr("Cancelled") : tr("Failed"), error.message);
}

void MainWindow::finishTask(quint64 id, const QString &state, const QString &outcome)
{
    if (!m_rows.contains(id))
        return;
    const bool wasFull = m_rows.size() >= MostWaiting;
    const int row = m_rows.take(id);
    setCell(m_tasks, row, 1, state);
    setCell(m_tasks, row, 2, outcome);
    m_tasks->scrollToItem(m_tasks->item(row, 0));
    showNumbers();
    if (!m_finder)
        return;
    if (wasFull && m_rows.size() < MostWaiting)
        wantBatch();
    if (m_rows.isEmpty() && m_isEverythingFound)
        finish(tr("Done."));
}

void MainWindow::finish(const QString &text)
{
    // this may be a slot of theirs
    m_batches->disconnect(this);
    m_batches.release()->deleteLater();
    if (m_finder->isAlive())
        m_finder->kill();
    m_finder->disconnect(this);
    m_finder.release()->deleteLater();
    m_start->setText(tr("Start"));
    m_status->setText(text);
    showNumbers();
}

void MainWindow::showNumbers()
{
    m_progress->setMaximum(std::max(m_found, 1));
    m_progress->setValue(m_done + m_failed);
    m_progress->setFormat(tr("%1 of %2, %3 failed").arg(m_done + m_failed).arg(m_found).arg(m_failed));
}

void MainWindow::showWorkers()
{
    const QList<AioWorkerStats> workers = m_pool.stats().workers;
    m_workers->setRowCount(int(workers.size()));
    for (int row = 0; row < m_workers->rowCount(); ++row) {
        const AioWorkerStats &worker = workers[row];
        setCell(m_workers, row, 0, QString::number(worker.pid));
        setCell(m_workers, row, 1, worker.task ? QStringLiteral("%1 %2").arg(worker.function).arg(worker.task) : tr("idle"));
        setCell(m_workers, row, 2, QString::number(worker.tasks));
        setCell(m_workers, row, 3, tr("%1 %").arg(qRound(100 * worker.busyRatio)));
    }
}

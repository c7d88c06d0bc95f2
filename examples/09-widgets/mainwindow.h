// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioProcessing>

#include <QHash>
#include <QMainWindow>
#include <QTimer>

#include <memory>

QT_BEGIN_NAMESPACE
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTableWidget;
QT_END_NAMESPACE

/*
 * The window, and the engine behind it: a process looks for files and puts them into a queue; the pool computes their checksums. All news come as
 * signals to slots, and nothing here waits.
 */
class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(const QString &folder);
    ~MainWindow() override;

private:
    // what the user does
    void choose();
    void startOrCancel();
    void killWorker();

    // what happens
    void takeBatch(const QVariant &batch);
    void onNoMoreBatches(const AioError &error);
    void onSearchFinished(int exitCode, AioProcess::ExitReason reason);
    void onTaskStarted(quint64 id);
    void onTaskProgress(quint64 id, int value, int maximum);
    void onTaskFinished(quint64 id, const QVariant &result);
    void onTaskFailed(quint64 id, const AioError &error);

    void wantBatch();
    void finishTask(quint64 id, const QString &state, const QString &outcome);
    void finish(const QString &text);
    void showWorkers();
    void showNumbers();

    QLineEdit *m_folder;
    QPushButton *m_start;
    QProgressBar *m_progress;
    QLabel *m_status;
    QTableWidget *m_workers;
    QTableWidget *m_tasks;
    QTimer m_refresh;

    AioPool m_pool;
    std::unique_ptr<AioQueue> m_batches;
    std::unique_ptr<AioProcess> m_finder;
    QHash<quint64, int> m_rows;       // of the tasks that are not done
    bool m_isEverythingFound = false;
    int m_found = 0;
    int m_done = 0;
    int m_failed = 0;
};

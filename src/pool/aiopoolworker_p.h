// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiobuffer.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aioqueue.h>

#include "pool/aiopoolrecords_p.h"
#include "pool/aiopooltarget_p.h"
#include "pool/aiotaskhost_p.h"
#include "pool/aiotasklines_p.h"
#include "pool/rawlane.h"

#include <QByteArray>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace aio_detail {

/*
 * The function of a worker process: runs what comes through the lane in \a box until it is told to end, and puts buffers there. \a wake is rung when there is
 * more to read or more room to write, \a news rings the scheduler, and \a attention says that the task that runs is to stop.
 */
void runPoolWorker(AioQueue &box, AioEvent &wake, AioEvent &news, AioEvent &attention, const AioCall &initializer, bool watchesMemory);

class PoolWorker final : public TaskHost
{
public:
    PoolWorker(AioQueue &box, AioEvent &wake, AioEvent &news, AioEvent &attention, bool watchesMemory);
    ~PoolWorker() override;

    void sayReady();
    void run();

    quint64 taskId() const override { return m_range.firstId + m_index; }
    int attempt() const override { return int(m_range.attempt); }
    void setProgress(int value, int maximum, const QString &text) override;
    void log(const QString &line) override;
    bool isStopWanted() const override;
    std::stop_token stopToken() override;

private:
    struct Stopper;

    // -- reading
    void readAll(void *to, std::size_t size);
    void waitForTasks();
    // -- running
    void runRange(quint16 flags);
    bool runPackedItem(const PoolTarget &target, const char *arguments);
    bool runPlainItem(const PoolTarget &target, QByteArrayView arguments);
    void runItem(const PoolTarget &target, QByteArrayView arguments, Times &times);
    void runQuickRange(const PoolTarget &target);
    void putFailure(const PoolTarget &target);
    quint16 putBuffer();
    void lookAtMemory();
    // -- writing
    void put(OutcomeRecord type, const void *first, std::size_t firstSize, const void *second = nullptr, std::size_t secondSize = 0,
             quint16 flags = 0);
    void putAll(const void *data, std::size_t size);
    void waitForRoom();
    void ring();
    void flushProgress();
    void putLine(const QString &line);
    void flushLost();

    AioQueue &m_box;
    const AioBuffer m_memory;
    aio_raw::Lane m_lane;
    AioEvent &m_wake;
    AioEvent &m_news;
    AioEvent &m_attention;
    const bool m_watchesMemory;
    qint64 m_lookedAtMemory = 0;
    std::vector<PoolTarget> m_functions;
    std::map<quint32, BoundArguments> m_bounds;     // by number
    QByteArray m_body;
    TaskScratch m_scratch;
    bool m_isUnrung = false;
    bool m_isHalfRung = false;       // the scheduler was told that there is little room

    // the range that runs
    RangeHead m_range;
    BoundArguments *m_bound = nullptr;
    QByteArray m_packed;             // the bound arguments, and room for those of an item
    quint32 m_index = 0;
    quint32 m_begun = 0;             // of the lane, with the item that runs

    std::mutex m_mutex;              // of the stream of outcomes and of what follows, while a task with a context runs
    qint64 m_progressAt = 0;
    Progress m_progress;
    QString m_progressText;
    bool m_hasProgress = false;
    LineAllowance m_lines;
    std::unique_ptr<Stopper> m_stopper;
};

} // namespace aio_detail

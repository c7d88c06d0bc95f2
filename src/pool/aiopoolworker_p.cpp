// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aiopoolworker_p.h"

#include "codec/rawbytes.h"
#include "platform/rawclock.h"
#include "platform/rawfault.h"
#include "platform/rawsystem.h"
#include "process/aiobootstrap_p.h"
#include "process/aiocaught_p.h"
#include "queue/aiosharedblock_p.h"

#include <QCoreApplication>
#include <QEvent>

#include <algorithm>

namespace aio_detail {

using aio_raw::Lane;

namespace {

constexpr qint64 memoryInterval = 1'000'000;       // ns between two looks at the memory
constexpr qint64 progressInterval = 5'000'000;     // ns between two reports
constexpr qint64 measuredTime = 20'000;            // ns of quick items between two looks at the clock
constexpr qint64 mostMeasured = 256;               // and how many they are at the most

} // namespace

/* A thread that hears of the wish to stop and says it to a stop token. */
struct PoolWorker::Stopper
{
    explicit Stopper(PoolWorker &worker)
        : thread([this, &worker](const std::stop_token &end) {
              try {
                  worker.m_attention.wait(end);
                  if (worker.isStopWanted())
                      source.request_stop();
              } catch (const AioException &) {
                  // the task has ended
              }
          })
    { }

    std::stop_source source;
    std::jthread thread;    // ends before source goes
};

void runPoolWorker(AioQueue &box, AioEvent &wake, AioEvent &news, AioEvent &attention, const AioCall &initializer, bool watchesMemory)
{
    PoolWorker worker(box, wake, news, attention, watchesMemory);
    if (!initializer.isNull())
        initializer.run();
    worker.sayReady();
    worker.run();
}

PoolWorker::PoolWorker(AioQueue &box, AioEvent &wake, AioEvent &news, AioEvent &attention, bool watchesMemory)
    : m_box(box), m_memory(box.get<AioBuffer>()), m_lane(m_memory.block()->data()), m_wake(wake), m_news(news), m_attention(attention),
      m_watchesMemory(watchesMemory)
{
    if (!Lane::isLane(m_memory.constData(), std::size_t(m_memory.size()))) {
        throwError(AioError::VersionMismatch, QStringLiteral("the parent process speaks another version of the pool's protocol"),
                   QStringLiteral("AioPool::start"));
    }
}

PoolWorker::~PoolWorker() = default;

void PoolWorker::sayReady()
{
    put(ReadyRecord, nullptr, 0);
    ring();
}

// -- reading

void PoolWorker::readAll(void *to, std::size_t size)
{
    auto *at = static_cast<char *>(to);
    while (size > 0) {
        const std::size_t step = std::min(m_lane.tasks.available(), size);
        if (step == 0) {
            waitForTasks();
            continue;
        }
        if (at) {
            m_lane.tasks.copy(0, at, step);
            at += step;
        }
        m_lane.tasks.skip(step);
        size -= step;
    }
}

void PoolWorker::waitForTasks()
{
    for (;;) {
        m_wake.clear();
        if (m_lane.tasks.available() > 0)
            return;
        if (m_isUnrung || m_lane.head().hasMore.load())
            ring();
        if (m_lane.tasks.available() > 0)
            return;
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        m_wake.wait();
    }
}

void PoolWorker::run()
{
    for (;;) {
        RecordHead head;
        readAll(&head, sizeof head);
        BoundHead bound;
        qsizetype size = qsizetype(head.bytes);
        if (head.type == RangeRecord) {
            readAll(&m_range, sizeof m_range);
            size -= qsizetype(sizeof m_range);
        } else if (head.type == BoundRecord || head.type == ForgetRecord) {
            readAll(&bound, sizeof bound);
            size -= qsizetype(sizeof bound);
        }
        m_body.resize(size);
        readAll(m_body.data(), std::size_t(m_body.size()));
        readAll(nullptr, paddingOf(head.bytes));
        switch (head.type) {
        case FunctionRecord:
            m_functions.emplace_back(m_body);
            break;
        case BoundRecord:
            m_bounds.emplace(bound.number, BoundArguments(std::exchange(m_body, {})));
            break;
        case ForgetRecord:
            m_bounds.erase(bound.number);
            break;
        case RangeRecord:
            runRange(head.flags);
            break;
        case ExitRecord:
            ring();
            return;
        default:
            throwError(AioError::ProtocolError, QStringLiteral("the scheduler of the pool sent a record of type %1").arg(head.type),
                       QStringLiteral("AioPool::apply"));
        }
    }
}

// -- running

void PoolWorker::runRange(quint16 flags)
{
    const PoolTarget &target = m_functions.at(m_range.function);
    m_bound = m_range.bound > 0 ? &m_bounds.at(m_range.bound) : nullptr;
    if (m_bound && m_range.stride > 0)
        m_packed = m_bound->bytes() + QByteArray(qsizetype(m_range.stride), '\0');
    const bool isQuick = !(flags & (RangeHead::IsTimed | RangeHead::TellsStart)) && !m_watchesMemory;
    if (isQuick && (m_range.stride > 0 || !target.isContextual())) {
        runQuickRange(target);
        return;
    }
    const char *at = m_body.constData();
    Times times;
    times.ended = aio_raw::now();
    for (m_index = 0; m_index < m_range.count; ++m_index) {
        quint32 size = m_range.stride;
        if (size == 0) {
            size = aio_raw::loadLittle<quint32>(at);
            at += sizeof size;
        }
        if (target.isContextual()) {
            m_attention.clear();
            m_progressAt = 0;
        }
        times.began = times.ended;
        if (flags & RangeHead::IsTimed) {
            times.began = aio_raw::now();    // it may have waited for room since
            m_lane.head().beganAt.store(times.began, std::memory_order_relaxed);
        }
        if (!m_lane.begin(m_range.epoch))
            return;
        m_begun = m_lane.begun();
        if (flags & RangeHead::TellsStart) {
            put(BegunRecord, nullptr, 0);
            ring();
        }
        if (m_range.stride > 0) {
            if (runPackedItem(target, at)) {
                times.ended = aio_raw::now();
                put(TimesRecord, &times, sizeof times);
            }
        } else if (target.isContextual()) {
            TaskHost::current() = this;
            runItem(target, QByteArrayView(at, qsizetype(size)), times);
            m_stopper.reset();
            TaskHost::current() = nullptr;
        } else {
            runItem(target, QByteArrayView(at, qsizetype(size)), times);
        }
        at += size;
    }
}

void PoolWorker::runItem(const PoolTarget &target, QByteArrayView arguments, Times &times)
{
    QByteArray failure;
    quint16 flags = 0;
    try {
        target.run(m_scratch, m_bound ? m_bound->values() : QVariantList(), arguments);
        flags = putBuffer();
    } catch (...) {
        failure = encodeError(errorOfCurrentException(target.name()));
    }
    const OutcomeRecord type = failure.isEmpty() ? ValueRecord : FailedRecord;
    const QByteArray &bytes = failure.isEmpty() ? m_scratch.result : failure;
    times.ended = aio_raw::now();
    lookAtMemory();
    const std::lock_guard lock(m_mutex);
    flushProgress();
    flushLost();
    AIO_FAULT_POINT("worker.result.before");
    put(type, &times, sizeof times, bytes.constData(), std::size_t(bytes.size()), flags);
    AIO_FAULT_POINT("worker.result.after");
}

bool PoolWorker::runPackedItem(const PoolTarget &target, const char *arguments)
{
    constexpr std::size_t mostOnStack = 256;
    alignas(16) char small[mostOnStack];
    QByteArray large;
    char *result = small;
    if (target.packed().resultBytes > mostOnStack) {
        large.resize(qsizetype(target.packed().resultBytes));
        result = large.data();
    }
    qsizetype size = qsizetype(m_range.stride);
    if (m_bound) {
        std::memcpy(m_packed.data() + m_packed.size() - size, arguments, m_range.stride);
        arguments = m_packed.constData();
        size = m_packed.size();
    }
    try {
        target.runPacked(arguments, size, result);
    } catch (...) {
        putFailure(target);
        return false;
    }
    lookAtMemory();
    put(PackedRecord, result, target.packed().resultBytes);
    return true;
}

bool PoolWorker::runPlainItem(const PoolTarget &target, QByteArrayView arguments)
{
    quint16 flags = 0;
    try {
        target.run(m_scratch, m_bound ? m_bound->values() : QVariantList(), arguments);
        flags = putBuffer();
    } catch (...) {
        putFailure(target);
        return false;
    }
    AIO_FAULT_POINT("worker.result.before");
    put(PlainRecord, m_scratch.result.constData(), std::size_t(m_scratch.result.size()), nullptr, 0, flags);
    AIO_FAULT_POINT("worker.result.after");
    return true;
}

// A result that is a buffer goes ahead of its record. It is there when the record is, whatever becomes of this worker.
quint16 PoolWorker::putBuffer()
{
    if (m_scratch.buffer.isNull())
        return 0;
    const AioBuffer buffer = std::exchange(m_scratch.buffer, {});
    if (!m_box.put(QVariant::fromValue(buffer), QDeadlineTimer(0))) {
        ring();
        m_box.put(QVariant::fromValue(buffer));
    }
    return InBox;
}

// In a catch (...).
void PoolWorker::putFailure(const PoolTarget &target)
{
    const QByteArray bytes = encodeError(errorOfCurrentException(target.name()));
    const Times times;
    put(FailedRecord, &times, sizeof times, bytes.constData(), std::size_t(bytes.size()));
}

// What takes less than looking at the clock is not measured one by one.
void PoolWorker::runQuickRange(const PoolTarget &target)
{
    const char *at = m_body.constData();
    qint64 items = 1;             // to be measured together
    Times times;
    times.began = aio_raw::now();
    times.items = 0;
    const auto report = [&] {
        times.ended = aio_raw::now();
        if (times.items > 0) {
            put(TimesRecord, &times, sizeof times);
            const qint64 each = std::max<qint64>((times.ended - times.began) / times.items, 1);
            items = std::clamp<qint64>(measuredTime / each, 1, mostMeasured);
        }
        times.began = times.ended;
        times.items = 0;
    };
    for (m_index = 0; m_index < m_range.count; ++m_index) {
        if (!m_lane.begin(m_range.epoch))
            break;
        quint32 size = m_range.stride;
        bool hasResult = false;
        if (size > 0) {
            hasResult = runPackedItem(target, at);
        } else {
            size = aio_raw::loadLittle<quint32>(at);
            at += sizeof size;
            hasResult = runPlainItem(target, QByteArrayView(at, qsizetype(size)));
        }
        at += size;
        times.items += hasResult ? 1 : 0;
        if (times.items >= items)
            report();
    }
    report();
}

// Before the outcome is written: with that the scheduler decides whether this worker goes on.
void PoolWorker::lookAtMemory()
{
    if (!m_watchesMemory) [[likely]]
        return;
    const qint64 now = aio_raw::now();
    if (now - m_lookedAtMemory < memoryInterval)
        return;
    m_lookedAtMemory = now;
    m_lane.head().memory.store(aio_raw::residentBytes(), std::memory_order_relaxed);
}

// -- what AioTaskContext asks for

void PoolWorker::setProgress(int value, int maximum, const QString &text)
{
    const std::lock_guard lock(m_mutex);
    m_progress = Progress{value, maximum};
    m_progressText = text;
    m_hasProgress = true;
    const qint64 now = aio_raw::now();
    if (now - m_progressAt < progressInterval)
        return;
    m_progressAt = now;
    flushProgress();
    ring();
}

void PoolWorker::flushProgress()
{
    if (!std::exchange(m_hasProgress, false))
        return;
    put(ProgressRecord, &m_progress, sizeof m_progress, m_progressText.constData(), std::size_t(m_progressText.size()) * sizeof(QChar));
}

void PoolWorker::log(const QString &line)
{
    const QString text = line.isNull() ? QStringLiteral("") : line.left(LineAllowance::LongestLine);
    const std::lock_guard lock(m_mutex);
    if (m_lines.takes(text, aio_raw::now()))
        putLine(text);
}

void PoolWorker::putLine(const QString &line)
{
    Logged logged;
    logged.lost = m_lines.takeLost();
    logged.hasLine = !line.isNull();
    put(LogRecord, &logged, sizeof logged, line.constData(), std::size_t(line.size()) * sizeof(QChar));
}

// At the end of a task, so that those of the next one are its own.
void PoolWorker::flushLost()
{
    if (m_lines.hasLost())
        putLine(QString());
}

bool PoolWorker::isStopWanted() const
{
    return m_lane.head().stopWanted.load(std::memory_order_acquire) == m_begun;
}

std::stop_token PoolWorker::stopToken()
{
    const std::lock_guard lock(m_mutex);
    if (!m_stopper)
        m_stopper = std::make_unique<Stopper>(*this);
    return m_stopper->source.get_token();
}

// -- writing

void PoolWorker::put(OutcomeRecord type, const void *first, std::size_t firstSize, const void *second, std::size_t secondSize,
                     quint16 flags)
{
    constexpr std::size_t small = 256;
    constexpr std::size_t littleRoom = Lane::ResultBytes / 2;
    constexpr char zeros[8] = {};
    m_isHalfRung = m_isHalfRung && m_lane.results.room() < littleRoom;
    RecordHead head;
    head.bytes = quint32(firstSize + secondSize);
    head.type = type;
    head.flags = flags;
    char record[small];
    std::size_t size = 0;
    const auto add = [&](const void *data, std::size_t bytes) {
        if (bytes > small - size) {
            putAll(record, std::exchange(size, 0));
            if (bytes > small) {
                putAll(data, bytes);
                return;
            }
        }
        if (bytes > 0)
            std::memcpy(record + size, data, bytes);
        size += bytes;
    };
    add(&head, sizeof head);
    add(first, firstSize);
    add(second, secondSize);
    add(zeros, paddingOf(head.bytes));
    putAll(record, size);
    m_lane.results.commit();
    m_isUnrung = true;
    std::atomic_thread_fence(std::memory_order_seq_cst);    // the scheduler says that it waits, and then looks once more
    const bool hasLittleRoom = !m_isHalfRung && m_lane.results.room() < littleRoom;
    m_isHalfRung = m_isHalfRung || hasLittleRoom;
    if (hasLittleRoom || m_lane.head().isAwaited.load(std::memory_order_relaxed))
        ring();
}

void PoolWorker::putAll(const void *data, std::size_t size)
{
    const char *at = static_cast<const char *>(data);
    while (size > 0) {
        const std::size_t step = m_lane.results.append(at, size);
        at += step;
        size -= step;
        if (size > 0) {
            m_lane.results.commit();
            waitForRoom();
        }
    }
}

void PoolWorker::waitForRoom()
{
    std::atomic<std::uint32_t> &wantsRoom = m_lane.head().wantsRoom;
    for (;;) {
        m_wake.clear();
        wantsRoom.store(1);
        if (m_lane.results.room() > 0)
            break;
        m_news.set();
        m_wake.wait();
    }
    wantsRoom.store(0);
}

void PoolWorker::ring()
{
    m_isUnrung = false;
    m_news.set();
}

} // namespace aio_detail

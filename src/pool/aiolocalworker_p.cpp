// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aiolocalworker_p.h"

#include "codec/rawbytes.h"
#include "platform/rawclock.h"
#include "platform/rawfault.h"
#include "pool/aiopoolworker_p.h"
#include "process/aiobootstrap_p.h"
#include "process/aioregistry_p.h"
#include "queue/aiosharedblock_p.h"

#include <algorithm>

namespace aio_detail {

using aio_raw::Lane;

namespace {

constexpr int mostBuffers = 16;    // that a worker returns before somebody looks

AioBuffer newLane()
{
    const AioBuffer memory{qsizetype(Lane::bytes())};
    Lane::make(memory.block()->data());
    return memory;
}

template<class Head>
QByteArray bytesOf(const Head &head)
{
    return QByteArray(reinterpret_cast<const char *>(&head), sizeof head);
}

constexpr char zeroBytes[8] = {};

QByteArray zeros(quint32 count)
{
    return QByteArray::fromRawData(zeroBytes, qsizetype(count));
}

QString textOf(const char *bytes, std::size_t size)
{
    QString text(qsizetype(size / sizeof(QChar)), Qt::Uninitialized);
    std::memcpy(text.data(), bytes, std::size_t(text.size()) * sizeof(QChar));
    return text;
}

} // namespace

void tellNews(std::vector<PoolNews> &all, PoolEvents &events)
{
    for (PoolNews &news : all) {
        switch (news.kind) {
        case PoolNews::Started:
            events.started(news.job, news.first, int(news.count), news.worker);
            break;
        case PoolNews::Progressed:
            events.progressed(news.job, news.first, news.value, news.maximum, news.text);
            break;
        case PoolNews::Logged:
            events.logged(news.job, news.first, news.text, news.lost);
            break;
        case PoolNews::Finished:
            events.finished(news.job, news.first, news.count, news.results, news.times, news.worker);
            break;
        case PoolNews::Failed:
            events.failed(news.job, news.first, news.error);
            break;
        case PoolNews::WorkerStarted:
            events.workerStarted(news.worker);
            break;
        case PoolNews::WorkerEnded:
            events.workerEnded(news.worker, AioProcess::ExitReason(news.value), news.isExpected);
            break;
        }
        news = PoolNews();
    }
    if (!all.empty())
        events.changed();
}

LocalWorker::LocalWorker()
    : startedAt(aio_raw::now()), m_box(mostBuffers), m_memory(newLane()), m_lane(m_memory.block()->data())
{
    lastNews = startedAt;
    setAwaited(true);
    m_box.put(QVariant::fromValue(m_memory));
}

LocalWorker::~LocalWorker() = default;

AioCall LocalWorker::call(AioEvent &news, const PoolSettings &settings)
{
    return AioCall::to<&runPoolWorker>(m_box, m_wake, news, m_attention, settings.initializer, settings.maxMemory > 0);
}

// -- to the worker

void LocalWorker::append(const QByteArray &bytes, const PoolJobPtr &job, QByteArrayView view)
{
    Piece piece;
    piece.bytes = bytes;
    piece.job = job;
    piece.view = job ? view : QByteArrayView(piece.bytes);
    if (m_unsent.empty())
        piece.view = piece.view.sliced(qsizetype(m_lane.tasks.append(piece.view.data(), std::size_t(piece.view.size()))));
    if (!piece.view.isEmpty())
        m_unsent.push_back(std::move(piece));
}

void LocalWorker::send(const PoolRange &range, quint32 function, const std::vector<QByteArray> &functions)
{
    const PoolJob &job = *range.job;
    for (; m_functions <= function; ++m_functions) {
        const QByteArray &key = functions[m_functions];
        append(bytesOf(RecordHead{quint32(key.size()), FunctionRecord, 0}) + key + zeros(paddingOf(quint32(key.size()))));
    }
    quint16 flags = 0;
    if (job.timeout.count() >= 0 || job.softTimeout.count() >= 0)
        flags |= RangeHead::IsTimed;
    if (job.tellsStart)
        flags |= RangeHead::TellsStart;
    const QByteArrayView items = job.arguments.slice(range.first, range.count);
    RangeHead head;
    head.firstId = job.firstId + range.first;
    head.count = range.count;
    head.function = function;
    head.epoch = m_lane.epoch();
    head.stride = quint32(job.arguments.stride());
    head.attempt = quint32(range.attempt);
    head.bound = sendBound(job.arguments.bound());
    const quint32 size = quint32(sizeof head) + quint32(items.size());
    char start[sizeof(RecordHead) + sizeof head];
    const RecordHead first{size, RangeRecord, flags};
    std::memcpy(start, &first, sizeof first);
    std::memcpy(start + sizeof first, &head, sizeof head);
    const quint32 padding = paddingOf(size);
    if (m_unsent.empty() && m_lane.tasks.room() >= sizeof start + std::size_t(items.size()) + padding) {
        m_lane.tasks.append(start, sizeof start);
        m_lane.tasks.append(items.data(), std::size_t(items.size()));
        m_lane.tasks.append(zeroBytes, padding);
    } else {
        append(QByteArray(start, sizeof start));
        append({}, range.job, items);
        append(zeros(padding));
    }
    flying.push_back(range);
    m_items += range.count;
    handed += range.count;
    lastNews = aio_raw::now();
    if (m_items == range.count)       // it had nothing to do
        m_lastOutcome = lastNews;
    commit();
}

// The number of \a bound, which it has then; 0 for null.
quint32 LocalWorker::sendBound(const PoolBoundPtr &bound)
{
    if (!bound)
        return 0;
    for (const KnownBound &known : m_bounds) {
        if (!known.bound.owner_before(bound) && !bound.owner_before(known.bound))
            return known.number;
    }
    AIO_FAULT_POINT("pool.bound");
    const BoundHead head{++m_lastBound, 0};
    const quint32 size = quint32(sizeof head) + quint32(bound->bytes.size());
    append(bytesOf(RecordHead{size, BoundRecord, 0}) + bytesOf(head));
    append(bound->bytes);
    append(zeros(paddingOf(size)));
    m_bounds.push_back({bound, head.number});
    return head.number;
}

void LocalWorker::forgetBounds()
{
    const auto isOver = [this](const KnownBound &known) {
        if (!known.bound.expired())
            return false;
        append(bytesOf(RecordHead{sizeof(BoundHead), ForgetRecord, 0}) + bytesOf(BoundHead{known.number, 0}));
        return true;
    };
    if (!m_bounds.empty() && state == Ready && std::erase_if(m_bounds, isOver) > 0)
        commit();
}

// Shows the worker what was appended.
void LocalWorker::commit()
{
    m_lane.tasks.commit();
    m_lane.head().hasMore.store(!m_unsent.empty());
    m_wake.set();
}

void LocalWorker::sendExit()
{
    const RecordHead head{0, ExitRecord, 0};
    append(bytesOf(head));
    state = Leaving;
    commit();
}

void LocalWorker::flush()
{
    if (m_unsent.empty())
        return;
    bool isAny = false;
    while (!m_unsent.empty()) {
        Piece &piece = m_unsent.front();
        const std::size_t step = m_lane.tasks.append(piece.view.data(), std::size_t(piece.view.size()));
        isAny = isAny || step > 0;
        piece.view = piece.view.sliced(qsizetype(step));
        if (!piece.view.isEmpty())
            break;
        m_unsent.pop_front();
    }
    if (isAny)
        commit();
}

void LocalWorker::takeBack(std::vector<PoolRange> &back)
{
    const quint32 begun = m_lane.takeBack();
    quint32 kept = std::min(begun - m_finished, m_items);     // what has begun stays
    std::size_t index = 0;
    for (; index < flying.size() && kept >= flying[index].count; ++index)
        kept -= flying[index].count;
    if (index < flying.size() && kept > 0) {
        PoolRange rest = flying[index];
        rest.first += kept;
        rest.count -= kept;
        flying[index].count = kept;
        back.push_back(rest);
        m_items -= rest.count;
        handed -= rest.count;
        ++index;
    }
    for (std::size_t i = index; i < flying.size(); ++i) {
        back.push_back(flying[i]);
        m_items -= flying[i].count;
        handed -= flying[i].count;
    }
    flying.resize(index);
}

void LocalWorker::wantStop()
{
    m_lane.head().stopWanted.store(m_finished + 1, std::memory_order_release);
    m_attention.set();
}

void LocalWorker::setAwaited(bool isAwaited)
{
    m_isAwaited = isAwaited;
    m_lane.head().isAwaited.store(isAwaited);
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

// -- from the worker

bool LocalWorker::drain(std::vector<PoolNews> &news)
{
    aio_raw::LaneStream &stream = m_lane.results;
    const quint32 finishedBefore = m_finished;
    bool isAny = false;
    for (;;) {
        std::size_t there = stream.available();
        if (!m_hasHead) {
            if (there < sizeof m_head)
                break;
            stream.copy(0, &m_head, sizeof m_head);
            if (m_head.bytes > longestRecord)
                return false;
            const std::size_t size = m_head.bytes + paddingOf(m_head.bytes);
            if (there >= sizeof m_head + size) {     // nearly always: it is whole, and mostly in one piece
                std::size_t piece = m_head.bytes;
                const char *bytes = stream.peek(sizeof m_head, piece);
                if (piece < m_head.bytes) {
                    m_body.resize(qsizetype(m_head.bytes));
                    stream.copy(sizeof m_head, m_body.data(), m_head.bytes);
                    bytes = m_body.constData();
                }
                if (!takeRecord(m_head, bytes, news))
                    return false;
                stream.skip(sizeof m_head + size);
                isAny = true;
                continue;
            }
            stream.skip(sizeof m_head);
            there -= sizeof m_head;
            m_hasHead = true;
            m_body.clear();
        }
        // memory grows with the bytes that are there, never on the word of a head
        const std::size_t size = m_head.bytes + paddingOf(m_head.bytes);
        const std::size_t step = std::min(there, size - std::size_t(m_body.size()));
        const qsizetype before = m_body.size();
        if (before + qsizetype(step) > m_body.capacity())
            m_body.reserve(std::min<qsizetype>(qsizetype(size), std::max<qsizetype>(2 * m_body.capacity(), 256 * 1024)));
        m_body.resize(before + qsizetype(step));
        stream.copy(0, m_body.data() + before, step);
        stream.skip(step);
        isAny = isAny || step > 0;
        if (std::size_t(m_body.size()) < size)
            break;
        m_hasHead = false;
        if (!takeRecord(m_head, m_body.constData(), news))
            return false;
    }
    if (isAny) {
        lastNews = aio_raw::now();
        if (m_finished != finishedBefore)
            m_lastOutcome = lastNews;
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (m_lane.head().wantsRoom.load(std::memory_order_relaxed))
            m_wake.set();
    }
    return true;
}

bool LocalWorker::takeRecord(const RecordHead &head, const char *bytes, std::vector<PoolNews> &news)
{
    Times times;
    switch (head.type) {
    case PackedRecord:
        return takeOutcome(PoolNews::Finished, QByteArrayView(bytes, qsizetype(head.bytes)), Packed, news);
    case PlainRecord:
        return takeOutcome(PoolNews::Finished, QByteArrayView(bytes, qsizetype(head.bytes)), head.flags & InBox ? Boxed : Encoded, news);
    case ValueRecord:
    case FailedRecord:
        if (head.bytes < sizeof times)
            return false;
        std::memcpy(&times, bytes, sizeof times);
        if (!takeOutcome(head.type == ValueRecord ? PoolNews::Finished : PoolNews::Failed,
                         QByteArrayView(bytes + sizeof times, qsizetype(head.bytes - sizeof times)),
                         head.flags & InBox ? Boxed : Encoded, news))
            return false;
        takeTimes(times, news);
        return true;
    case TimesRecord:
        if (head.bytes != sizeof times)
            return false;
        std::memcpy(&times, bytes, sizeof times);
        takeTimes(times, news);
        return true;
    case ReadyRecord:
        if (state == Starting)
            state = Ready;
        news.emplace_back();
        news.back().kind = PoolNews::WorkerStarted;
        return true;
    case BegunRecord:
        if (flying.empty())
            return false;
        news.emplace_back();
        news.back().kind = PoolNews::Started;
        break;
    case ProgressRecord: {
        Progress progress;
        if (flying.empty() || head.bytes < sizeof progress)
            return false;
        std::memcpy(&progress, bytes, sizeof progress);
        news.emplace_back();
        news.back().kind = PoolNews::Progressed;
        news.back().value = progress.value;
        news.back().maximum = progress.maximum;
        news.back().text = textOf(bytes + sizeof progress, head.bytes - sizeof progress);
        break;
    }
    case LogRecord: {
        Logged logged;
        if (flying.empty() || head.bytes < sizeof logged)
            return false;
        std::memcpy(&logged, bytes, sizeof logged);
        news.emplace_back();
        news.back().kind = PoolNews::Logged;
        news.back().lost = logged.lost;
        if (logged.hasLine)
            news.back().text = textOf(bytes + sizeof logged, head.bytes - sizeof logged);
        break;
    }
    default:
        return false;
    }
    news.back().job = flying.front().job;
    news.back().first = flying.front().first;
    news.back().count = quint32(flying.front().attempt);
    news.back().worker = number;
    return true;
}

bool LocalWorker::takeOutcome(PoolNews::Kind kind, QByteArrayView bytes, Form form, std::vector<PoolNews> &news)
{
    if (flying.empty())
        return false;
    std::optional<QVariant> boxed;
    if (form == Boxed && !(boxed = m_box.tryGet()))
        return false;
    PoolRange &range = flying.front();
    const bool goesOn = kind == PoolNews::Finished && !news.empty() && news.back().kind == kind && news.back().job == range.job
        && news.back().worker == number && news.back().first + news.back().count == range.first;
    if (!goesOn) {
        PoolNews item;
        item.kind = kind;
        item.job = range.job;
        item.first = range.first;
        item.count = 0;
        item.worker = number;
        news.push_back(std::move(item));
    }
    PoolNews &item = news.back();
    ++item.count;
    if (kind == PoolNews::Failed) {
        item.error = decodeError(bytes.toByteArray());
    } else {
        QByteArray &results = item.results.bytes;
        const qsizetype at = results.size();
        const qsizetype head = form == Packed ? 0 : qsizetype(sizeof(quint32));
        const qsizetype size = at + head + bytes.size();
        if (results.capacity() < size)
            results.reserve(std::max<qsizetype>(2 * results.capacity(), size));
        results.resize(size);
        if (form != Packed)
            aio_raw::storeLittle(boxed ? PoolResults::IsBuffer : quint32(bytes.size()), results.data() + at);
        std::memcpy(results.data() + at + head, bytes.data(), std::size_t(bytes.size()));
        if (boxed)
            item.results.buffers.append(boxed->value<AioBuffer>());
    }
    ++range.first;
    --m_items;
    ++m_finished;
    ++m_tasks;
    isSoftTold = false;
    if (--range.count == 0)
        flying.pop_front();
    if ((doom == TaskCancelled || doom == TaskTimedOut) && state != Dying) {
        doom = NoDoom;      // it has returned after all
        killAt = INT64_MAX;
    }
    return true;
}

void LocalWorker::takeTimes(const Times &times, std::vector<PoolNews> &news)
{
    const qint64 ran = times.ended - times.began;
    if (times.items <= 0 || ran < 0)
        return;
    m_busy += ran;
    if (news.empty() || !news.back().job || news.back().kind != PoolNews::Finished)
        return;
    PoolTimes &sum = news.back().times;
    const qint64 items = sum.items + times.items;
    const qint64 waited = std::max<qint64>(times.began - news.back().job->submittedAt, 0);
    sum.waited += (waited - sum.waited) * times.items / items;
    sum.ran += (ran / times.items - sum.ran) * times.items / items;
    sum.items = quint32(items);
}

std::optional<PoolRange> LocalWorker::remains(std::vector<PoolRange> &back)
{
    std::optional<PoolRange> lost;
    if (isRunning()) {
        lost = flying.front();
        lost->count = 1;
        if (--flying.front().count == 0)
            flying.pop_front();
        else
            ++flying.front().first;
    }
    back.insert(back.end(), flying.begin(), flying.end());
    flying.clear();
    m_items = 0;
    return lost;
}

AioWorkerStats LocalWorker::stats(qint64 now) const
{
    AioWorkerStats stats;
    stats.pid = number;
    stats.tasks = m_tasks;
    stats.memory = memory();
    stats.busy = !flying.empty();
    if (isRunning()) {
        const PoolRange &range = flying.front();
        stats.task = range.job->firstId + range.first;
        stats.function = displayNameOf(QString::fromUtf8(range.job->function));
    }
    const qint64 busy = m_busy + (isRunning() ? now - m_lastOutcome : 0);
    stats.busyRatio = now > startedAt ? std::min(double(busy) / double(now - startedAt), 1.0) : 0;
    return stats;
}

} // namespace aio_detail

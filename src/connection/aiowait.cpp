// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiowait.h>

#include "connection/aioconnection_p.h"
#include "connection/aiolistener_p.h"

#include <aioprocessing/aioevent.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotask.h>

#include <QPointer>
#include <QSocketNotifier>

#include <algorithm>
#include <map>

using namespace aio_detail;

namespace {

const char *const waitAnyOperation = "AioConnection::waitAny";

[[noreturn]] void misused(const QString &text)
{
    throwError(AioError::UsageError, text, QLatin1StringView(waitAnyOperation));
}

// What to wait for in poll(), for a notifier, which stands for its descriptor.
pollfd entryOf(const QSocketNotifier &notifier)
{
    const short events = notifier.type() == QSocketNotifier::Read ? POLLIN : notifier.type() == QSocketNotifier::Write ? POLLOUT : POLLPRI;
    return pollfd{int(notifier.socket()), events, 0};
}

bool isDescriptorReady(const QSocketNotifier &notifier)
{
    pollfd entry = entryOf(notifier);
    if (notifier.isValid() && ::poll(&entry, 1, 0) <= 0)
        return false;
    if (!notifier.isValid() || entry.revents & POLLNVAL)
        misused(QStringLiteral("a descriptor to wait for is closed, or no notifier was made for it"));
    return true;
}

bool isReadyNow(QObject *object)
{
    if (const auto *notifier = qobject_cast<QSocketNotifier *>(object))
        return isDescriptorReady(*notifier);
    if (auto *connection = qobject_cast<AioConnection *>(object)) {
        auto &d = AioConnectionPrivate::of(*connection);
        d.requireOpen(waitAnyOperation, true);
        return d.lookForMessage();
    }
    if (auto *listener = qobject_cast<AioListener *>(object)) {
        auto &d = AioListenerPrivate::of(*listener);
        d.requireOpen(waitAnyOperation);
        return d.proceed();
    }
    if (auto *process = qobject_cast<AioProcess *>(object))
        return process->join(QDeadlineTimer(0));
    const auto *event = static_cast<AioEvent *>(object);
    return event->context() && event->isSet();      // the manager of another one is asked, and answers later
}

void requireWaitable(const QList<QObject *> &objects, bool isBlocking)
{
    for (qsizetype i = 0; i < objects.size(); ++i) {
        QObject *object = objects[i];
        const bool isLocal = qobject_cast<AioConnection *>(object) || qobject_cast<AioListener *>(object)
            || qobject_cast<QSocketNotifier *>(object);
        const bool isKnown = isLocal || (!isBlocking && (qobject_cast<AioProcess *>(object) || qobject_cast<AioEvent *>(object)));
        if (!isKnown) {
            misused(isBlocking
                        ? QStringLiteral("only connections, listeners and descriptors can be waited for together in a blocked thread: use "
                                         "coro_waitAny()")
                        : QStringLiteral("only connections, listeners, processes, events and descriptors (each as a QSocketNotifier) "
                                         "can be waited for together"));
        }
        if (objects.indexOf(object) != i)
            misused(QStringLiteral("an object stands twice among those to wait for"));
    }
}

// What the manager of an event has answered.
struct Answer
{
    bool isSet = false;
    AioError error;
};
using Answers = std::map<QObject *, std::shared_ptr<Answer>>;

QList<QObject *> readyOnes(const QList<QObject *> &objects, const Answers &answers = {})
{
    QList<QObject *> ready;
    for (QObject *object : objects) {
        const auto answer = answers.find(object);
        if (answer != answers.end() && answer->second->error)
            throw AioException(answer->second->error);
        if (answer == answers.end() ? isReadyNow(object) : answer->second->isSet)
            ready.append(object);
    }
    return ready;
}

// Tells a group of waits of what happens to some objects, as long as it lives.
class Watching
{
public:
    Watching(const QList<QObject *> &objects, std::shared_ptr<LocalWaits> news) : m_news(std::move(news))
    {
        for (QObject *object : objects)
            watch(object);
    }
    ~Watching()
    {
        m_stop.request_stop();      // waits for events
        for (const auto &connection : m_polled) {
            --connection->watchers;
            connection->updateReading();
        }
        for (const QPointer<QSocketNotifier> &notifier : m_enabled) {
            if (notifier)
                notifier->setEnabled(false);
        }
    }
    Q_DISABLE_COPY_MOVE(Watching)

    bool isOneGone() const { return m_isOneGone; }
    const Answers &answers() const { return m_answers; }

private:
    void watch(QObject *object)
    {
        QObject::connect(object, &QObject::destroyed, &m_context, [this] {
            m_isOneGone = true;
            m_news->completeAll();
        });
        if (auto *connection = qobject_cast<AioConnection *>(object)) {
            const auto d = AioConnectionPrivate::of(*connection).shared_from_this();
            m_polled.push_back(d);
            ++d->watchers;
            d->updateReading();
            m_observed.push_back(d->readers.waits()->observe([news = m_news] { news->completeAll(); }));
        } else if (auto *listener = qobject_cast<AioListener *>(object)) {
            const auto d = AioListenerPrivate::of(*listener).shared_from_this();
            m_listening.push_back(d);
            m_turns.push_back(std::make_unique<Turn>(d->line));
            m_observed.push_back(d->line.waits()->observe([news = m_news] { news->completeAll(); }));
        } else if (auto *process = qobject_cast<AioProcess *>(object)) {
            QObject::connect(process, &AioProcess::finished, &m_context, [this] { m_news->completeAll(); });
        } else if (auto *event = qobject_cast<AioEvent *>(object)) {
            const auto answer = std::make_shared<Answer>();
            if (!event->context())
                m_answers.emplace(object, answer);
            waitForEvent(event->coro_wait(m_stop.get_token()), m_news, answer);
        } else if (auto *notifier = qobject_cast<QSocketNotifier *>(object)) {
            QObject::connect(notifier, &QSocketNotifier::activated, &m_context, [this] { m_news->completeAll(); });
            if (!notifier->isEnabled()) {
                notifier->setEnabled(true);
                m_enabled.emplace_back(notifier);
            }
        }
    }

    static QCoro::Task<> waitForEvent(QCoro::Task<bool> wait, std::shared_ptr<LocalWaits> news, std::shared_ptr<Answer> answer)
    {
        try {
            const bool isSet = co_await wait;
            answer->isSet = isSet;
        } catch (const AioException &e) {        // it goes, or this does
            answer->error = e.error();
        }
        news->completeAll();
    }

    const std::shared_ptr<LocalWaits> m_news;
    bool m_isOneGone = false;
    Answers m_answers;
    std::stop_source m_stop;
    QObject m_context;
    std::vector<std::shared_ptr<AioConnectionPrivate>> m_polled;
    std::vector<std::shared_ptr<AioListenerPrivate>> m_listening;       // before the turns in their lines
    std::vector<std::unique_ptr<Turn>> m_turns;
    std::vector<std::shared_ptr<void>> m_observed;
    std::vector<QPointer<QSocketNotifier>> m_enabled;       // by this
};

[[noreturn]] void failAsCancelled()
{
    throwError(AioError::Cancelled, QStringLiteral("the wait for several objects was cancelled"), QLatin1StringView(waitAnyOperation));
}

} // namespace

QCoro::Task<QList<QObject *>> AioProcessing::coro_waitAny(QList<QObject *> objects, QDeadlineTimer deadline, std::stop_token stop)
{
    requireWaitable(objects, false);
    if (stop.stop_requested())
        failAsCancelled();
    QList<QObject *> ready = readyOnes(objects);
    const auto news = std::make_shared<LocalWaits>();
    std::optional<Watching> watching;
    while (ready.isEmpty() && !deadline.hasExpired()) {
        LocalWait wait(news, deadline, stop, waitAnyOperation);
        if (!watching)
            watching.emplace(objects, news);
        const LocalWait::Outcome outcome = co_await wait.done();
        if (outcome == LocalWait::Cancelled || watching->isOneGone())
            failAsCancelled();
        ready = readyOnes(objects, watching->answers());
    }
    co_return ready;
}

QList<QObject *> AioProcessing::waitAny(const QList<QObject *> &objects, QDeadlineTimer deadline, std::stop_token stop)
{
    requireWaitable(objects, true);
    QList<QObject *> ready;
    Blocking wait;
    wait.proceed = [&] {
        ready = readyOnes(objects);
        return !ready.isEmpty();
    };
    wait.prepare = [&](std::vector<pollfd> &entries) {
        QDeadlineTimer next = QDeadlineTimer::Forever;
        for (QObject *object : objects) {
            if (auto *connection = qobject_cast<AioConnection *>(object))
                AioConnectionPrivate::of(*connection).stream->prepare(entries.emplace_back(), true);
            else if (const auto *notifier = qobject_cast<QSocketNotifier *>(object))
                entries.push_back(entryOf(*notifier));
            else
                next = std::min(next, AioListenerPrivate::of(*static_cast<AioListener *>(object)).prepare(entries));
        }
        return next;
    };
    if (blockOn(wait, deadline, stop, waitAnyOperation) == BlockResult::Stopped)
        failAsCancelled();
    return ready;
}

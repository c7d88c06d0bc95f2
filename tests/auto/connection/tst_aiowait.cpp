// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Waiting for whichever of several things comes first.
#include "aiotest.h"

#include <AioProcessing/AioClient>
#include <AioProcessing/AioEvent>
#include <AioProcessing/AioListener>
#include <AioProcessing/AioPipe>
#include <AioProcessing/AioProcess>
#include <AioProcessing/AioWait>
#include <aioprocessing/aiotask.h>

#include <QLoggingCategory>
#include <QSocketNotifier>
#include <QTest>

#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

void doNothing() { }

// A pipe of the system.
class SystemPipe
{
public:
    SystemPipe() { m_isOpen = ::pipe(m_ends) == 0; }
    ~SystemPipe()
    {
        ::close(m_ends[0]);
        closeWriter();
    }
    Q_DISABLE_COPY_MOVE(SystemPipe)

    int reader() const { return m_ends[0]; }
    int writer() const { return m_ends[1]; }
    bool write() const { return m_isOpen && ::write(m_ends[1], "x", 1) == 1; }
    bool read() const
    {
        char byte;
        return ::read(m_ends[0], &byte, 1) == 1;
    }
    void closeWriter()
    {
        if (m_ends[1] >= 0)
            ::close(std::exchange(m_ends[1], -1));
    }

private:
    int m_ends[2] = {-1, -1};
    bool m_isOpen = false;
};

AioError::Code thrownBy(const std::function<void()> &call)
{
    return AioTest::codeThrownBy(call);
}

} // namespace

class tst_AioWait : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void whicheverComesFirst()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipes[3];
            AioListener listener{AioAddress()};
            AioEvent event;
            const QList<QObject *> all{&pipes[0].first(), &pipes[1].first(), &pipes[2].first(), &listener, &event};
            QList<QObject *> ready = co_await AioProcessing::coro_waitAny(all, QDeadlineTimer(20ms));
            AIO_VERIFY(ready.isEmpty());
            QCoro::Task<QList<QObject *>> waiting = AioProcessing::coro_waitAny(all);
            co_await pipes[1].second().coro_send(1);
            ready = co_await waiting;
            AIO_COMPARE(ready, (QList<QObject *>{&pipes[1].first()}));
            pipes[2].second().close();      // the end counts
            ready = co_await AioProcessing::coro_waitAny(all);
            AIO_COMPARE(ready, (QList<QObject *>{&pipes[1].first(), &pipes[2].first()}));
            const QVariant one = co_await pipes[1].first().coro_recv();
            AIO_COMPARE(one, QVariant(1));

            const QList<QObject *> quiet{&pipes[0].first(), &pipes[1].first(), &listener, &event};
            waiting = AioProcessing::coro_waitAny(quiet);
            AioClient client(listener.address());
            co_await client.coro_connectToPeer();
            ready = co_await waiting;
            AIO_COMPARE(ready, (QList<QObject *>{&listener}));
            const std::unique_ptr<AioConnection> peer = co_await listener.coro_accept();
            waiting = AioProcessing::coro_waitAny(pipes[0].first(), *peer, event);
            event.set();
            ready = co_await waiting;
            AIO_COMPARE(ready, (QList<QObject *>{&event}));

            AioProcess worker(AioCall::to<&doNothing>());
            worker.start();
            waiting = AioProcessing::coro_waitAny(*peer, worker);
            ready = co_await waiting;
            AIO_COMPARE(ready, (QList<QObject *>{&worker}));
        }, AioTest::LoopMayBlock);
    }

    void waitsForSeveralCanEnd()
    {
        AioTest::run([]() -> QCoro::Task<> {
            auto pipe = std::make_unique<AioPipe>();
            AioPipe other;
            std::stop_source stop;
            QList<QObject *> both{&pipe->first(), &other.first()};
            QCoro::Task<AioError::Code> cancelled =
                AioTest::codeOf(AioProcessing::coro_waitAny(both, QDeadlineTimer(QDeadlineTimer::Forever), stop.get_token()));
            QCoro::Task<AioError::Code> closed = AioTest::codeOf(AioProcessing::coro_waitAny(other.second()));
            QCoro::Task<AioError::Code> gone = AioTest::codeOf(AioProcessing::coro_waitAny(pipe->second()));
            stop.request_stop();
            other.second().close();
            pipe.reset();
            const AioError::Code first = co_await cancelled;
            AIO_COMPARE(first, AioError::Cancelled);
            const AioError::Code second = co_await closed;
            AIO_COMPARE(second, AioError::Closed);
            const AioError::Code third = co_await gone;
            AIO_COMPARE(third, AioError::Cancelled);
            both = {&other.first(), &other.first()};
            const AioError::Code twice = co_await AioTest::codeOf(AioProcessing::coro_waitAny(both));
            AIO_COMPARE(twice, AioError::UsageError);
            QObject stranger;
            const AioError::Code unknown = co_await AioTest::codeOf(AioProcessing::coro_waitAny(stranger));
            AIO_COMPARE(unknown, AioError::UsageError);
        });
    }

    void severalInABlockedThread()     // MP-171
    {
        constexpr int writers = 4;
        constexpr int messages = 10;
        int received = 0;
        std::thread reader([&] {
            std::vector<AioPipe> pipes(writers);
            std::vector<std::thread> threads;
            QList<QObject *> open;
            for (AioPipe &pipe : pipes) {
                open.append(&pipe.first());
                threads.emplace_back([handle = pipe.second().handle()] {
                    AioConnection connection(handle);
                    for (int i = 0; i < messages; ++i)
                        connection.send(i);
                });
            }
            while (!open.isEmpty()) {
                const auto ready = AioProcessing::waitAny(open, QDeadlineTimer(20s));
                if (ready.isEmpty())
                    break;
                for (QObject *object : ready) {
                    auto *connection = static_cast<AioConnection *>(object);
                    if (thrownBy([&] { connection->recv(); }) == AioError::EndOfStream)
                        open.removeOne(object);
                    else
                        ++received;
                }
            }
            for (std::thread &thread : threads)
                thread.join();
            if (!AioProcessing::waitAny({}, QDeadlineTimer(-2ms)).isEmpty())
                received = -1;
        });
        reader.join();
        QCOMPARE(received, writers * messages);
    }

    void plainDescriptors()         // MP-172, MP-174
    {
        AioTest::run([]() -> QCoro::Task<> {
            SystemPipe pipes[2];
            AioPipe pipe;
            QSocketNotifier first(pipes[0].reader(), QSocketNotifier::Read);
            QSocketNotifier second(pipes[1].reader(), QSocketNotifier::Read);
            first.setEnabled(false);
            second.setEnabled(false);
            const QList<QObject *> all{&first, &second, &pipe.first()};
            QList<QObject *> ready = co_await AioProcessing::coro_waitAny(all, QDeadlineTimer(20ms));
            AIO_VERIFY(ready.isEmpty());
            for (int i = 0; i < 50; ++i) {
                QCoro::Task<QList<QObject *>> waiting = AioProcessing::coro_waitAny(all);
                AIO_VERIFY(!waiting.isReady());
                AIO_VERIFY(pipes[i % 2].write());
                ready = co_await waiting;
                AIO_COMPARE(ready, (QList<QObject *>{all[i % 2]}));
                ready = co_await AioProcessing::coro_waitAny(all);      // nothing was taken
                AIO_COMPARE(ready, (QList<QObject *>{all[i % 2]}));
                AIO_VERIFY(pipes[i % 2].read());
            }
            AIO_VERIFY(!first.isEnabled() && !second.isEnabled());
            QCoro::Task<QList<QObject *>> waiting = AioProcessing::coro_waitAny(all);
            pipes[0].closeWriter();         // the end counts
            ready = co_await waiting;
            AIO_COMPARE(ready, (QList<QObject *>{&first}));
            QSocketNotifier writable(pipes[1].writer(), QSocketNotifier::Write);
            ready = co_await AioProcessing::coro_waitAny(pipe.first(), writable);
            AIO_COMPARE(ready, (QList<QObject *>{&writable}));
            AIO_VERIFY(writable.isEnabled());       // as it was
        });
    }

    void notifierThatGoesEndsTheWait()
    {
        AioTest::run([]() -> QCoro::Task<> {
            const SystemPipe pipe;
            auto notifier = std::make_unique<QSocketNotifier>(pipe.reader(), QSocketNotifier::Read);
            QCoro::Task<AioError::Code> gone = AioTest::codeOf(AioProcessing::coro_waitAny(*notifier));
            notifier.reset();
            const AioError::Code code = co_await gone;
            AIO_COMPARE(code, AioError::Cancelled);
            QSocketNotifier closed(::dup(pipe.reader()), QSocketNotifier::Read);
            closed.setEnabled(false);
            ::close(int(closed.socket()));
            const AioError::Code misused = co_await AioTest::codeOf(AioProcessing::coro_waitAny(closed));
            AIO_COMPARE(misused, AioError::UsageError);
        });
    }

    void descriptorsInABlockedThread()
    {
        const SystemPipe pipe;
        AioPipe messages;
        QSocketNotifier notifier(pipe.reader(), QSocketNotifier::Read);
        notifier.setEnabled(false);
        const QList<QObject *> both{&messages.first(), &notifier};
        QVERIFY(AioProcessing::waitAny(both, QDeadlineTimer(10ms)).isEmpty());
        std::thread writer([&pipe] { pipe.write(); });
        QCOMPARE(AioProcessing::waitAny(both), (QList<QObject *>{&notifier}));
        writer.join();
        messages.second().send(1);
        QCOMPARE(AioProcessing::waitAny(both), both);
        AioEvent event;
        QCOMPARE(thrownBy([&] { AioProcessing::waitAny({&event}); }), AioError::UsageError);
    }
};

AIO_TEST_MAIN(tst_AioWait)
#include "tst_aiowait.moc"

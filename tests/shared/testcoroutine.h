// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QCoro/QCoroTask>
#include <QTest>

#include <chrono>
#include <functional>

/*
 * QVERIFY and its like for coroutines: they co_return when the check fails. The check may contain co_await.
 */
#define AIO_VERIFY2(statement, description) \
    do { \
        const bool aioHolds = QTest::qVerify(static_cast<bool>(statement), #statement, (description), __FILE__, __LINE__); \
        if (!aioHolds) \
            co_return; \
    } while (false)

#define AIO_VERIFY(statement) AIO_VERIFY2(statement, "")

#define AIO_COMPARE(actual, expected) \
    do { \
        const bool aioEqual = QTest::qCompare(actual, expected, #actual, #expected, __FILE__, __LINE__); \
        if (!aioEqual) \
            co_return; \
    } while (false)

#define AIO_FAIL(message) \
    do { \
        QTest::qFail(static_cast<const char *>(message), __FILE__, __LINE__); \
        co_return; \
    } while (false)

namespace AioTest {

enum LoopRule { LoopStaysAlive, LoopMayBlock };

/*
 * Runs the coroutine \a body to its end in an event loop. The test fails when an exception leaves the body, when the loop
 * is told to quit before, and when the loop stood still for long (EventLoopChecker) unless \a rule allows that. It may
 * take \a limit at the most (Watchdog).
 */
void run(const std::function<QCoro::Task<>()> &body, LoopRule rule = LoopStaysAlive,
         std::chrono::milliseconds limit = std::chrono::seconds(30));

/* The code of the AioException that \a task throws, NoError if it ends well. */
template<class T>
QCoro::Task<AioError::Code> codeOf(QCoro::Task<T> task)
{
    AioError::Code code = AioError::NoError;
    try {
        co_await task;
    } catch (const AioException &e) {
        code = e.code();
    }
    co_return code;
}

/* The code of the AioException that \a call throws, NoError if it returns. */
template<class Call>
AioError::Code codeThrownBy(Call call)
{
    try {
        call();
    } catch (const AioException &e) {
        return e.code();
    }
    return AioError::NoError;
}

/* Resumes after one turn of the event loop. */
class NextTurn
{
public:
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) const;
    void await_resume() const noexcept {}
};
inline NextTurn nextTurn() { return {}; }

} // namespace AioTest

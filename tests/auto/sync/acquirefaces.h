// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "synctest.h"

#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aiorlock.h>

/* Everything that can be acquired: locks, semaphores (here with one permit), and the locks of conditions. */
namespace AioTest {

enum Face { Lock, RLock, Semaphore, BoundedSemaphore, Condition, ConditionOfRLock };

/* The rows of a test of each of them, with the column "face". */
inline void addFaces()
{
    QTest::addColumn<int>("face");
    QTest::newRow("lock") << int(Lock);
    QTest::newRow("rlock") << int(RLock);
    QTest::newRow("semaphore") << int(Semaphore);
    QTest::newRow("bounded semaphore") << int(BoundedSemaphore);
    QTest::newRow("condition") << int(Condition);
    QTest::newRow("condition of an rlock") << int(ConditionOfRLock);
}

/* Calls \a test with a new object of the class that \a face means. */
template<class Test> void withFace(int face, Test test)
{
    switch (face) {
    case Lock:
        return test(make<AioLock>());
    case RLock:
        return test(make<AioRLock>());
    case Semaphore:
        return test(make<AioSemaphore>(1));
    case BoundedSemaphore:
        return test(make<AioBoundedSemaphore>(1));
    case Condition:
        return test(make<AioCondition>());
    case ConditionOfRLock:
        return test(std::make_unique<AioCondition>(*make<AioRLock>()));
    }
}

template<class T> bool isTaken(const T &object)
{
    if constexpr (requires { object.locked(); })
        return object.locked();
    else
        return object.value() == 0;
}

/* A permit of an AioSemaphore belongs to nobody, so there may be more of them, and the dead keep theirs. */
template<class T> constexpr bool HasOwner = !std::is_same_v<T, AioSemaphore>;

/* Of a lock: whether the one who had it before died with it. */
template<class T> bool isAbandoned([[maybe_unused]] const T &object)
{
    if constexpr (requires { object.wasAbandoned(); })
        return object.wasAbandoned();
    else
        return false;
}

// -- workers

/* Waits as a coroutine, and says when it stands in the queue, and whether it got it as "got" or as "abandoned". */
template<class T> QCoro::Task<> takeInCoroutine(T &object, AioQueue &said)
{
    auto waiting = object.coro_locker();
    say(said, "waits");
    const AioLocker locker = co_await waiting;
    say(said, isAbandoned(object) ? "abandoned" : "got");
}

/* The same in its main thread, which blocks: it says "waits" first. */
template<class T> void takeBlocking(T &object, AioQueue &said)
{
    say(said, "waits");
    const AioLocker locker(object);
    say(said, isAbandoned(object) ? "abandoned" : "got");
}

template<class T> void holdForEver(T &object, AioQueue &said)
{
    object.acquire();
    say(said, "holds");
    for (;;)
        QThread::sleep(1000);
}

template<class T> void holdUntilTold(T &object, AioQueue &said, AioQueue &told)
{
    object.acquire();
    say(said, "holds");
    told.get();
    object.release();
    say(said, "released");
}

} // namespace AioTest

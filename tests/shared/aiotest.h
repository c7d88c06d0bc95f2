// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

/*
 * The test kit in one include. A test program looks like this:
 *
 *   class TestThing : public QObject
 *   {
 *       Q_OBJECT
 *   private Q_SLOTS:
 *       void promiseItKeeps()
 *       {
 *           AioTest::run([&]() -> QCoro::Task<> {           // to its end, with a watchdog; the loop must stay alive
 *               HelperProcess helper("holder");
 *               AIO_VERIFY(helper.waitForLine("ready"));
 *               const bool ok = co_await thing.coro_op(1s); // no co_await in conditions
 *               AIO_VERIFY(ok);
 *           });
 *       }
 *   };
 *
 *   AIO_TEST_ROLE(holder)                                   // what `HelperProcess helper("holder")` runs
 *   {
 *       QCoreApplication app(argc, argv);
 *       AioTest::say("ready");
 *       return AioTest::hear() == "go" ? 0 : 1;
 *   }
 *
 *   AIO_TEST_MAIN(TestThing)
 */

#include "backend.h"
#include "eventloopchecker.h"
#include "helperprocess.h"
#include "losttime.h"
#include "processstate.h"
#include "testcoroutine.h"
#include "testmain.h"
#include "timescale.h"
#include "watchdog.h"

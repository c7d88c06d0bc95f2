// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "helperprocess.h"

#include <aioprocessing/aioworker.h>

#include <QTest>

#include <functional>

namespace AioTest {

/* What AIO_TEST_MAIN does after it has made sure that this is no worker. */
int main(int argc, char **argv, const std::function<int(int, char **)> &suite);

template<class Suite>
int main(int argc, char **argv)
{
    return main(argc, argv, [](int argumentCount, char **arguments) {
        Suite suite;
        return QTest::qExec(&suite, argumentCount, arguments);
    });
}

} // namespace AioTest

/*
 * The main() of a test program with the suite \a Class: a worker where the program was started as one, a helper where a role
 * was asked for, else the suite, in a QCoreApplication, under a watchdog, with a runtime directory of its own, and with
 * leak checks at its end that fail it. With AIO_DUMP set, SIGUSR1 to the process of the suite prints who waits for what.
 */
#define AIO_TEST_MAIN(Class) \
    int main(int argc, char **argv) \
    { \
        if (AioProcessing::isWorker(argc, argv)) \
            return AioProcessing::runWorker(argc, argv); \
        return AioTest::main<Class>(argc, argv); \
    }

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <AioProcessing/AioLock>
#include <AioProcessing/AioProcessing>

#include <QCoreApplication>

#include <cstdio>

static void twice(AioQueue &results, int value)
{
    results.put(2 * value);
}

int main(int argc, char **argv)
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    AioQueue results;
    AioProcess process(AioCall::to<&twice>(results, 21));
    process.start();
    std::printf("21 doubled in another process is %d\n", results.get().toInt());
    return process.join() ? 0 : 1;
}

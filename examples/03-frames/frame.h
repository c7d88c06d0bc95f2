// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioQueue>

// What is said of a frame when it has been looked at.
struct Report
{
    int number = 0;
    int expected = 0;           // in order, without a gap
    int brightColumn = -1;      // where the bright bar was found
    qint64 copiedBytes = 0;     // by all who had the frame
    qint64 renderedIn = 0;      // nanoseconds
    qint64 waitedFor = 0;       // nanoseconds that the one before waited for a place in the queue
};
AIO_DECLARE_RAW(Report)

inline constexpr int FrameWidth = 1920;
inline constexpr int FrameHeight = 1080;

/*! Where the bright bar of a frame begins. */
int barOf(int number);

/*! Renders frames into shared memory, as many as \a count (0: until somebody shuts \a frames down), and puts them there. Blocks. */
void render(AioQueue &frames, int count);

/*! Looks at each frame and reports, until there are no more. Runs in the event loop of its process. */
QCoro::Task<> analyse(AioQueue &frames, AioQueue &reports);

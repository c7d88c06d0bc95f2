// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// A second translation unit with a static function of the same name as in tst_aiocall.cpp.

#include <aioprocessing/aiocall.h>

static int twin(int value)
{
    return value + 2000;
}

AioCall otherTwin(int value)
{
    return AioCall::to<&twin>(value);
}

AioCall otherLambda()
{
    return AioCall::to<[] { return 2; }>();
}

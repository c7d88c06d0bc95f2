// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "timescale.h"

#include <cstdlib>

namespace AioTest {

bool isSanitized()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

double timeScale()
{
    static const double scale = [] {
        const char *text = std::getenv("AIO_TEST_TIME_SCALE");
        if (const double given = text ? std::strtod(text, nullptr) : 0; given > 0)
            return given;
        return isSanitized() ? 4.0 : 1.0;
    }();
    return scale;
}

} // namespace AioTest

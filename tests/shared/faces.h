// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aiocontext.h>

#include <memory>

/*
 * Where the suites over public classes get their objects from, so that the same suites run over every place that has such
 * objects. AIO_TEST_FACES names the place:
 *
 *   (not set)    the default context
 *   context      a context with a name
 */
namespace AioTest {

inline AioContext &facesContext()
{
    static AioContext *const context = qEnvironmentVariable("AIO_TEST_FACES") == QLatin1String("context")
        ? new AioContext(QStringLiteral("faces"))
        : AioContext::defaultContext();
    return *context;
}

/* A new object made with \a arguments. */
template<class Face, class... A>
std::unique_ptr<Face> make(A... arguments)
{
    return std::make_unique<Face>(arguments..., facesContext());
}

inline std::unique_ptr<AioBarrier> makeBarrier(int parties, const AioCall &action = {},
                                               AioBarrier::Timeout timeout = AioBarrier::Timeout(-1))
{
    return std::make_unique<AioBarrier>(parties, action, timeout, facesContext());
}

} // namespace AioTest

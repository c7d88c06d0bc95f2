// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiomanager.h>

#include <QCoreApplication>

#include <concepts>
#include <memory>

/*
 * Where the suites over public classes get their objects from, so that the same suites run over every place that has such
 * objects. AIO_TEST_FACES names the place:
 *
 *   (not set)    the default context
 *   context      a context with a name
 *   manager      a manager, which serves in a thread of the process of the suite
 */
namespace AioTest {

inline AioContext &facesContext()
{
    static AioContext *const context = qEnvironmentVariable("AIO_TEST_FACES") == QLatin1String("context")
        ? new AioContext(QStringLiteral("faces"))
        : AioContext::defaultContext();
    return *context;
}

inline bool areFacesManaged()
{
    static const bool are = qEnvironmentVariable("AIO_TEST_FACES") == QLatin1String("manager");
    return are;
}

inline AioManager &facesManager()
{
    static AioManager *const manager = [] {
        static std::unique_ptr<AioManager> owned;
        owned = std::make_unique<AioManager>();
        owned->serve();
        qAddPostRoutine([] { owned.reset(); });
        return owned.get();
    }();
    return *manager;
}

/* A new object made with \a arguments. */
template<class Face, class... A>
std::unique_ptr<Face> make(A... arguments)
{
    if (areFacesManaged()) {
        AioManager &manager = facesManager();
        const QString typeId = QString::fromLatin1(Face::staticMetaObject.className()).mid(3);      // without Aio
        if constexpr (std::is_same_v<Face, AioCondition>)
            return std::unique_ptr<Face>(manager.createCondition(*std::unique_ptr<AioLock>(manager.createLock())));
        else
            return std::unique_ptr<Face>(manager.create<Face>(typeId, {arguments...}));
    }
    if constexpr (std::derived_from<Face, AioQueue>)
        return std::make_unique<Face>(facesContext(), arguments...);
    else
        return std::make_unique<Face>(arguments..., facesContext());
}

inline std::unique_ptr<AioBarrier> makeBarrier(int parties, const AioCall &action = {},
                                               AioBarrier::Timeout timeout = AioBarrier::Timeout(-1))
{
    if (areFacesManaged())
        return std::unique_ptr<AioBarrier>(facesManager().createBarrier(parties, action, timeout));
    return std::make_unique<AioBarrier>(parties, action, timeout, facesContext());
}

} // namespace AioTest

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocall.h>
#include <aioprocessing/aioglobal.h>

#include <QByteArray>
#include <QList>
#include <QMetaType>
#include <QString>

#include <functional>
#include <memory>
#include <optional>

class AioProcess;

QT_BEGIN_NAMESPACE
class QCoreApplication;
class QDebug;
QT_END_NAMESPACE

/*!
 * \class AioProcessInfo
 * \brief Who a process of a tree of AioProcesses is.
 *
 * Python counterpart: what multiprocessing.current_process() and parent_process() return.
 */
struct AIOPROCESSING_EXPORT AioProcessInfo
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name CONSTANT)
    Q_PROPERTY(qint64 pid MEMBER pid CONSTANT)
    Q_PROPERTY(bool daemon MEMBER daemon CONSTANT)
public:
    AioProcessInfo() = default;

    /*! AioProcess::name() of a worker, "MainProcess" for the others. */
    QString name;
    qint64 pid = 0;
    /*! A daemon may not start workers of its own. */
    bool daemon = false;
    /*! The key that this tree of processes authenticates with: 32 random bytes. Secret; not printed, not in QML. */
    QByteArray authKey;
};

AIOPROCESSING_EXPORT QDebug operator<<(QDebug debug, const AioProcessInfo &info);

Q_DECLARE_METATYPE(AioProcessInfo)

namespace AioProcessing {

/*!
 * True when this process was started to run a function for another one. Ask first thing in main(), before any QCoreApplication:
 *
 * \code
 * int main(int argc, char *argv[])
 * {
 *     if (AioProcessing::isWorker(argc, argv))
 *         return AioProcessing::runWorker(argc, argv);
 *     QGuiApplication app(argc, argv);
 * \endcode
 *
 * Python counterpart: multiprocessing.freeze_support().
 */
AIOPROCESSING_EXPORT bool isWorker(int argc, char **argv);

/*!
 * Makes a QCoreApplication, runs the function that the parent sent, sends its result or error, and returns the exit code for
 * main(): 0, or 1 when the function threw. A GUI program's worker thus never connects to a display. The process is killed by
 * the kernel when its parent ends, however that happens, also while it computes or is stopped.
 */
AIOPROCESSING_EXPORT int runWorker(int argc, char **argv);

/*!
 * The same with the application object that \a makeApplication makes, a QGuiApplication say; by default it is a QCoreApplication.
 * argc and argv are those without the private argument. It may make none: then the function is no coroutine and needs no event loop.
 */
using WorkerApplicationFactory = std::function<std::unique_ptr<QCoreApplication>(int &argc, char **argv)>;
AIOPROCESSING_EXPORT int runWorker(int argc, char **argv, const WorkerApplicationFactory &makeApplication);

/*! The number of CPUs that this process may use. */
AIOPROCESSING_EXPORT int cpuCount();

/*! The AioProcess objects of this process that are running, of every thread. Use those of your own thread only. */
AIOPROCESSING_EXPORT QList<AioProcess *> activeChildren();

AIOPROCESSING_EXPORT AioProcessInfo currentProcess();

/*! The process that started this worker; nothing in a process that is no worker. Its authKey is empty. */
AIOPROCESSING_EXPORT std::optional<AioProcessInfo> parentProcess();

/*!
 * Makes \a function callable as \a name in this process: AioCall::named(name), QML, other executables. Do it in every
 * process that may run it, in a worker before runWorker(); AIO_FUNCTION does. The last registration of a name counts.
 */
template<class R, class... P>
void registerFunction(const QByteArray &name, R (*function)(P...))
{
    if constexpr (aio_detail::checkTarget<aio_detail::PlainFunctionTraits<R, P...>>()
                  && (aio_detail::checkParameter<P>() && ...)) {
        using Parameters = aio_detail::TypeList<P...>;
        aio_detail::registerMetaType<typename aio_detail::IsTask<std::remove_cvref_t<R>>::Value>();
        aio_detail::CallTarget target;
        target.run = [function](const QVariantList &arguments) {
            return aio_detail::runTarget<R>(function, arguments, Parameters{});
        };
        target.parameters = aio_detail::describeParameters(Parameters{});
        target.address = reinterpret_cast<const void *>(function);
        target.packed = aio_detail::packedTarget(function);
        target.takesContext = aio_detail::Given<Parameters>::takesContext;
        aio_detail::registerNamed(name, target);
    }
}

/*! The same for a lambda without captures. */
template<class Lambda>
    requires requires(Lambda lambda) { +lambda; }
void registerFunction(const QByteArray &name, Lambda lambda)
{
    registerFunction(name, +lambda);
}

} // namespace AioProcessing

namespace aio_detail {

/*! Has \a function called in the fork server before it forks. */
AIOPROCESSING_EXPORT bool addPreload(void (*function)());

} // namespace aio_detail

#define AIO_PRIVATE_JOIN2(a, b) a##b
#define AIO_PRIVATE_JOIN(a, b) AIO_PRIVATE_JOIN2(a, b)

/*!
 * \macro AIO_FUNCTION(name)
 * Registers the function \a name, which may be qualified (ns::name), under exactly this text before main() begins. Write it
 * in a source file, at namespace scope, after the function's declaration. For an overloaded function call
 * AioProcessing::registerFunction().
 */
#define AIO_FUNCTION(name) \
    [[maybe_unused]] static const bool AIO_PRIVATE_JOIN(aioRegistered_, __COUNTER__) = \
        (AioProcessing::registerFunction(#name, &name), true);

/*!
 * \macro AIO_PRELOAD(function)
 * Has \a function, a void function without arguments, called once in the fork server (AioContext::ForkServer) before it forks
 * workers: what it loads and computes, all workers have from the start. Write it in a source file, at namespace scope. There is no
 * application object yet; the function may start no thread and use no Aio object, or there will be no fork server: a message on
 * standard error says so. Where workers are spawned it is not called at all.
 */
#define AIO_PRELOAD(function) \
    [[maybe_unused]] static const bool AIO_PRIVATE_JOIN(aioPreloaded_, __COUNTER__) = aio_detail::addPreload(&function);

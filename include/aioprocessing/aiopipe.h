// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioconnection.h>

#include <memory>

/*!
 * \class AioPipe
 * \brief Two connections that are each other's other side; one of them mostly goes to a worker.
 *
 * \code
 * void serve(AioConnection &requests)                                  // in the worker
 * {
 *     requests.send(requests.recv().toInt() * 2);
 * }
 *
 * AioPipe pipe;
 * AioProcess worker(AioCall::to<&serve>(pipe.second()));              // gives the end away
 * worker.start();
 * co_await pipe.first().coro_send(21);
 * \endcode
 *
 * Since the other end belongs to one process only, its death is the end of the messages here, whatever it died of.
 *
 * Threads and lifetime, errors: those of AioConnection. The ends live as long as the pipe.
 *
 * Python: multiprocessing.Pipe.
 */
class AIOPROCESSING_EXPORT AioPipe
{
public:
    /*!
     * \enum AioPipe::Mode
     * \value Duplex    Both ends send and receive.
     * \value Simplex   first() receives, and second() sends.
     */
    enum Mode { Duplex, Simplex };

    /*! Throws AioException (OutOfResources). */
    explicit AioPipe(Mode mode = Duplex);
    ~AioPipe();
    AioPipe(AioPipe &&other) noexcept;
    AioPipe &operator=(AioPipe &&other) noexcept;

    AioConnection &first() const { return *m_first; }
    AioConnection &second() const { return *m_second; }

private:
    std::unique_ptr<AioConnection> m_first;
    std::unique_ptr<AioConnection> m_second;
};

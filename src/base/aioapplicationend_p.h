// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

namespace aio_detail {

/*!
 * Calls a function when the application object goes, unless this goes first. For what has a thread with an event loop: Qt delivers nothing there
 * any more when there is no application object, so that such a thread could not be ended later.
 *
 * The last made is called first, in the thread of the application object.
 */
class ApplicationEnd
{
public:
    explicit ApplicationEnd(std::function<void()> end);
    /*! Waits for the function if another thread calls it just now. */
    ~ApplicationEnd();
    ApplicationEnd(const ApplicationEnd &) = delete;
    ApplicationEnd &operator=(const ApplicationEnd &) = delete;

private:
    static void callAll();

    const std::function<void()> m_end;
};

} // namespace aio_detail

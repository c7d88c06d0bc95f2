// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QString>

namespace aio_detail {

/* What main() of a program with workers must begin with, for error messages. */
QString adviceForMain();

/*
 * Called when this process makes an application object, and before it starts a process of its own. If it was itself started
 * as a worker but its main() went past runWorker(), it never becomes one, or starts itself again and again: then this tells
 * the parent what is wrong and ends the process.
 */
void refuseUnenteredWorker();

} // namespace aio_detail

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>
#include <aioprocessing/aioremoteobject.h>

/*
 * Errors of this library and exceptions of Python. AioError::remoteType names the Python class, "KeyError" for those of the module
 * builtins and "queue.Full" for others; an error that has none is given the class that says the same.
 */
namespace aio_detail {

/* The error that Python would raise as \a type. Expected of callers who make mistakes, so nothing is logged. */
AioError pythonError(const char *type, const QString &text);
/* The same, thrown as an AioException. */
[[noreturn]] void raise(const char *type, const QString &text);

AioRemoteObject toPython(const AioError &error);
/* What \a exception, as it came in a pickle, is here. */
AioError fromPython(const QVariant &exception);
/* The error of which only the text of a traceback is known. */
AioError fromTraceback(const QString &traceback);

/* The Cancelled of a call whose caller has given up, or is gone. */
AioError cancelledCall(const QString &method);

} // namespace aio_detail

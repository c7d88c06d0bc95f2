// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#if defined(AIOPROCESSING_STATIC)
#  define AIOPROCESSING_EXPORT
#elif defined(AIOPROCESSING_BUILD)
#  define AIOPROCESSING_EXPORT Q_DECL_EXPORT
#else
#  define AIOPROCESSING_EXPORT Q_DECL_IMPORT
#endif

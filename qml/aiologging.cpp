// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aiologging.h"

Q_LOGGING_CATEGORY(lcAioQml, "aio.qml", QtInfoMsg)

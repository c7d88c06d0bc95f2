// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QObject>

/* The example 09-widgets, driven by mouse and keyboard. */
class TestWidgets : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void checksumsAreThoseOfTheFiles();
    void aWorkerIsKilledAndTheRestCancelled();
    void missingDirectory();
};

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QObject>

/* What ends before what, as only C++ can say: engines, objects and promises that are pending. */
class TestEngines : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void blockingTheInterfaceIsToldOncePerOperation();
    void engineGoesBeforeAThousandPromises();
    void objectGoesBeforeAThousandPromises();
    void engineGoesBetweenGrantAndPromise();
    void poolGoesBeforeItsPromises();
    void engineGoesBeforeTheTasksOfItsPool();
    void modelTouchesOnlyWhatHasChanged();
    void objectOfNoEngineMakesNoPromise();
    void workerNeedsNoDisplay();
};

// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioPool>

#include <QPoint>
#include <QQmlApplicationEngine>
#include <QString>
#include <QVariant>

#include <memory>

QT_BEGIN_NAMESPACE
class QQuickItem;
class QQuickWindow;
QT_END_NAMESPACE

/* The dashboard, as somebody in front of it sees and uses it. */
class Window
{
public:
    explicit Window(const QString &folder = {});
    ~Window();

    bool isOpen() const { return m_window != nullptr; }
    QQuickWindow *window() const { return m_window; }
    /* The element called so; null: there is none. */
    QQuickItem *item(const QString &name) const;
    QList<QQuickItem *> items(const QString &name) const;
    QObject *job() const;
    QVariant job(const char *property) const { return job()->property(property); }
    AioPool *pool() const;
    /* What the model of a table says of a row. */
    QVariant cell(const QString &table, int row, const char *role) const;
    int rowCount(const QString &table) const;

    void click(QQuickItem *item) const;
    void click(const QString &name) const { click(item(name)); }
    void type(const QString &name, const QString &text) const;
    void choose(int work) const;
    /* Keeps a picture of it; returns how bright it is, 0 to 1. */
    double screenshot(const QString &name) const;

private:
    QQmlApplicationEngine m_engine;
    QQuickWindow *m_window = nullptr;
};

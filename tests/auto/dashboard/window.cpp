// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "window.h"

#include <QAbstractItemModel>
#include <QDir>
#include <QImage>
#include <QQuickItem>
#include <QQuickWindow>
#include <QTest>

#include <functional>

Window::Window(const QString &folder)
{
    m_engine.addImportPath(QStringLiteral(AIOPROCESSING_QML_IMPORT_PATH));
    m_engine.setInitialProperties({{QStringLiteral("folder"), folder}, {QStringLiteral("isDark"), false}});
    m_engine.load(QStringLiteral("qrc:/dashboard/Main.qml"));
    m_window = qobject_cast<QQuickWindow *>(m_engine.rootObjects().value(0));
    if (!m_window)
        return;
    m_window->requestActivate();        // there may be no window manager who would
    if (!QTest::qWaitForWindowExposed(m_window) || !QTest::qWaitForWindowActive(m_window))
        m_window = nullptr;
}

Window::~Window() = default;

QList<QQuickItem *> Window::items(const QString &name) const
{
    QList<QQuickItem *> found;
    const std::function<void(QQuickItem *)> look = [&](QQuickItem *item) {
        if (item->objectName() == name)
            found.append(item);
        for (QQuickItem *child : item->childItems())
            look(child);
    };
    look(m_window->contentItem());
    return found;
}

QQuickItem *Window::item(const QString &name) const
{
    return items(name).value(0);
}

QObject *Window::job() const
{
    return m_window->findChild<QObject *>(QStringLiteral("job"));
}

AioPool *Window::pool() const
{
    return job("pool").value<AioPool *>();
}

int Window::rowCount(const QString &table) const
{
    return item(table)->property("model").value<QAbstractItemModel *>()->rowCount();
}

QVariant Window::cell(const QString &table, int row, const char *role) const
{
    const auto *const model = item(table)->property("model").value<QAbstractItemModel *>();
    return model->data(model->index(row, 0), model->roleNames().key(role, -1));
}

void Window::click(QQuickItem *item) const
{
    QVERIFY(item);
    const QPointF center = item->mapToScene(QPointF(item->width() / 2, item->height() / 2));
    QTest::mouseClick(m_window, Qt::LeftButton, {}, center.toPoint());
}

void Window::type(const QString &name, const QString &text) const
{
    click(name);
    QTest::keySequence(m_window, QKeySequence::SelectAll);
    for (const QChar character : text)
        QTest::keyClick(m_window, character.toLatin1());
    QCOMPARE(item(name)->property("text").toString(), text);
}

void Window::choose(int work) const
{
    item(QStringLiteral("work"))->forceActiveFocus(Qt::TabFocusReason);
    while (item(QStringLiteral("work"))->property("currentIndex").toInt() < work)
        QTest::keyClick(m_window, Qt::Key_Down);
}

double Window::screenshot(const QString &name) const
{
    const QImage image = m_window->grabWindow();
    QDir().mkpath(QStringLiteral(SCREENSHOTS));
    image.save(QStringLiteral(SCREENSHOTS "/%1.png").arg(name));
    const QColor mean = image.scaled(1, 1, Qt::IgnoreAspectRatio, Qt::SmoothTransformation).pixelColor(0, 0);
    return mean.lightnessF();
}

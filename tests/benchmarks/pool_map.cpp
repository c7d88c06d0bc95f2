// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How many trivial tasks of one map a pool does in a second.
#include "benchmark.h"
#include "pool_floors.h"

#include <AioProcessing/AioPool>
#include <AioProcessing/AioWorker>

#include <QCoreApplication>
#if defined(AIO_HAVE_CONCURRENT)
#include <QThreadPool>
#include <QtConcurrent>
#endif

#include <numeric>

using namespace Benchmark;

quint64 identity(const quint64 &value) { return value; }
int integer(int value) { return value; }
AIO_FUNCTION(integer)

namespace {

constexpr int workers = 2;
constexpr int items = 100'000;

template<class List, class F>
Sample rateOf(const List &values, F map)
{
    const qint64 begin = now();
    const auto results = map(values);
    const double seconds = double(now() - begin) / 1e9;
    return {{{"tasks_per_s", double(values.size()) / seconds}}, results == values};
}

QList<quint64> numbers()
{
    QList<quint64> list(items);
    std::iota(list.begin(), list.end(), quint64(0));
    return list;
}

Sample typed(int chunk)
{
    AioPool pool(workers);
    pool.map<&identity>(numbers(), chunk);
    return rateOf(numbers(), [&](const QList<quint64> &values) { return pool.map<&identity>(values, chunk); });
}

Sample named(int chunk)
{
    AioPool pool(workers);
    QVariantList values;
    for (int i = 0; i < items; ++i)
        values.append(i);
    const QString function = QStringLiteral("integer");
    pool.map(function, values, chunk);
    return rateOf(values, [&](const QVariantList &list) { return pool.map(function, list, chunk); });
}

#if defined(AIO_HAVE_CONCURRENT)
Sample qtConcurrent()
{
    QThreadPool pool;
    pool.setMaxThreadCount(workers);
    return rateOf(numbers(), [&](const QList<quint64> &values) { return QtConcurrent::blockingMapped(&pool, values, identity); });
}
#endif

Sample python(int chunk)
{
    return runPython(QStringLiteral("python_pool.py"), {QStringLiteral("map"), QString::number(chunk), QString::number(items)});
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    Suite suite("pool_map", app.arguments());
    const auto row = [](const char *form, const char *chunk) { return Parameters{{"form", form}, {"chunk", chunk}}; };
    suite.add("aio", row("typed", "1"), [] { return typed(1); });
    suite.add("aio", row("typed", "auto"), [] { return typed(0); });
    suite.add("aio", row("qvariant", "1"), [] { return named(1); });
    suite.add("aio", row("qvariant", "auto"), [] { return named(0); });
    suite.add("floor_shm", {{"chunk", "1"}}, [] {
        FloorPool pool(workers);
        std::vector<quint64> values(items);
        std::iota(values.begin(), values.end(), quint64(0));
        pool.map(values);
        return rateOf(values, [&](const std::vector<quint64> &list) { return pool.map(list); });
    });
#if defined(AIO_HAVE_CONCURRENT)
    suite.add("qtconcurrent", {{"chunk", "auto"}}, &qtConcurrent);
#endif
    suite.add("python_pool", {{"chunk", "1"}}, [] { return python(1); });
    suite.add("python_pool", {{"chunk", "auto"}}, [] { return python(0); });
    return suite.run();
}

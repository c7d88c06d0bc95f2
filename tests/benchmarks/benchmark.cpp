// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "benchmark.h"

#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStandardPaths>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <unistd.h>

namespace Benchmark {
namespace {

constexpr unsigned SecondsForOne = 60;
QByteArray s_current;

[[noreturn]] void onAlarm(int)
{
    constexpr char text[] = " does not end\n";
    [[maybe_unused]] auto written = ::write(STDERR_FILENO, s_current.constData(), std::size_t(s_current.size()));
    written = ::write(STDERR_FILENO, text, sizeof text - 1);
    ::_exit(1);
}

QByteArray number(double value)
{
    return QByteArray::number(value, 'f', value < 10 ? 3 : value < 1000 ? 1 : 0);
}

QByteArray jsonValue(const QVariant &value)
{
    const QByteArray text = value.toByteArray();
    const int type = value.typeId();
    return type == QMetaType::QByteArray || type == QMetaType::QString ? '"' + text + '"' : text;
}

QByteArray jsonObject(const Parameters &parameters)
{
    QByteArray json;
    for (const auto &[name, value] : parameters)
        json += (json.isEmpty() ? "\"" : ", \"") + name + "\": " + jsonValue(value);
    return '{' + json + '}';
}

double median(const std::vector<double> &sorted)
{
    const std::size_t middle = sorted.size() / 2;
    return sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

} // namespace

Suite::Suite(const QByteArray &bench, const QStringList &arguments) : m_bench(bench)
{
    m_isQuick = arguments.contains(QStringLiteral("--quick"));
    if (m_isQuick)
        m_rounds = 3;
    for (qsizetype index = 1; index + 1 < arguments.size(); ++index) {
        if (arguments[index] == QLatin1String("--rounds"))
            m_rounds = std::max(1, arguments[index + 1].toInt());
        else if (arguments[index] == QLatin1String("--only"))
            m_only = arguments[index + 1].toUtf8();
    }
}

void Suite::add(const QByteArray &impl, const Parameters &parameters, std::function<Sample()> measure)
{
    Entry entry{impl, parameters, std::move(measure), {}, false};
    if (title(entry).contains(m_only))
        m_entries.push_back(std::move(entry));
}

int Suite::run()
{
    std::signal(SIGALRM, &onAlarm);
    for (int round = 0; round < m_rounds; ++round) {
        for (Entry &entry : m_entries)
            measure(entry);
    }
    bool correct = true;
    for (const Entry &entry : m_entries)
        correct = print(entry) && correct;
    return correct ? EXIT_SUCCESS : EXIT_FAILURE;
}

void Suite::measure(Entry &entry)
{
    if (entry.skipped)
        return;
    s_current = title(entry);
    ::alarm(SecondsForOne);
    try {
        entry.samples.push_back(entry.measure());
    } catch (const NotInstalled &reason) {
        std::fprintf(stderr, "%s: skipped: %s\n", s_current.constData(), reason.what());
        entry.skipped = true;
    } catch (const std::exception &exception) {
        std::fprintf(stderr, "%s: %s\n", s_current.constData(), exception.what());
        std::exit(EXIT_FAILURE);
    }
    ::alarm(0);
}

bool Suite::print(const Entry &entry) const
{
    if (entry.skipped)
        return true;
    const auto &samples = entry.samples;
    const bool correct = std::all_of(samples.begin(), samples.end(), [](const Sample &sample) { return sample.correct; });
    for (std::size_t index = 0; index < samples.front().metrics.size(); ++index) {
        std::vector<double> values;
        for (const Sample &sample : samples)
            values.push_back(sample.metrics.at(index).second);
        std::sort(values.begin(), values.end());
        const QByteArray middle = number(median(values));
        std::printf("{\"bench\": \"%s\", \"impl\": \"%s\", \"params\": %s, \"metric\": \"%s\", "
                    "\"value\": %s, \"min\": %s, \"max\": %s, \"rounds\": %zu, \"correct\": %s}\n",
                    m_bench.constData(), entry.impl.constData(), jsonObject(entry.parameters).constData(),
                    samples.front().metrics[index].first.constData(), middle.constData(), number(values.front()).constData(),
                    number(values.back()).constData(), values.size(), correct ? "true" : "false");
    }
    return correct;
}

QByteArray Suite::title(const Entry &entry) const
{
    return m_bench + ' ' + entry.impl + ' ' + jsonObject(entry.parameters);
}

qint64 now()
{
    using namespace std::chrono;
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

int firstCpu()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    int cpu = 0;
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &allowed))
        ++cpu;
    return cpu;
}

void pinTo(int cpu)
{
    if (cpu < 0)
        return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (::sched_setaffinity(0, sizeof one, &one) != 0)
        throw std::runtime_error("sched_setaffinity failed");
}

Pinned::Pinned(int cpu) : m_before(sizeof(cpu_set_t), '\0')
{
    ::sched_getaffinity(0, sizeof(cpu_set_t), reinterpret_cast<cpu_set_t *>(m_before.data()));
    pinTo(cpu);
}

Pinned::~Pinned()
{
    ::sched_setaffinity(0, sizeof(cpu_set_t), reinterpret_cast<const cpu_set_t *>(m_before.constData()));
}

Sample runPython(const QString &script, const QStringList &arguments)
{
    const QString python = QStandardPaths::findExecutable(QStringLiteral("python3"));
    if (python.isEmpty())
        throw NotInstalled("there is no python3 in PATH");
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(python, QStringList(QDir(QStringLiteral(AIO_BENCHMARKS_DIR)).filePath(script)) + arguments);
    process.waitForFinished(-1);
    const QJsonObject result = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0 || result.isEmpty())
        throw std::runtime_error(script.toStdString() + " failed");
    Sample sample;
    for (auto it = result.begin(); it != result.end(); ++it) {
        if (it->isDouble())
            sample.metrics.emplace_back(it.key().toUtf8(), it->toDouble());
    }
    sample.correct = result.value(QStringLiteral("correct")).toBool();
    return sample;
}

} // namespace Benchmark

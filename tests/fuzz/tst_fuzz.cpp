// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What the fuzz targets found, and what they begin with, once more: each input as it is, cut off everywhere, and with every bit changed.
#include <QFile>
#include <QLoggingCategory>
#include <QTest>

#include <map>
#include <vector>

// the targets: CMake gives each its name
extern "C" {
int fuzz_arena(const unsigned char *data, std::size_t size);
int fuzz_frames(const unsigned char *data, std::size_t size);
int fuzz_handshake(const unsigned char *data, std::size_t size);
int fuzz_manager(const unsigned char *data, std::size_t size);
int fuzz_pickle(const unsigned char *data, std::size_t size);
int fuzz_variant(const unsigned char *data, std::size_t size);
}

namespace {

using Target = int (*)(const unsigned char *, std::size_t);

const std::map<QByteArray, Target> targets{
    {"arena", &fuzz_arena}, {"frames", &fuzz_frames}, {"handshake", &fuzz_handshake}, {"manager", &fuzz_manager}, {"pickle", &fuzz_pickle},
    {"variant", &fuzz_variant}};

// On the heap, of exactly this size, where a sanitizer sees what is read behind it.
void feed(Target target, const QByteArray &bytes)
{
    const std::vector<unsigned char> input(bytes.begin(), bytes.end());
    target(input.data(), input.size());
}

} // namespace

class tst_Fuzz : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void corpus_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto &[name, target] : targets)
            QTest::newRow(name.constData()) << QString::fromLatin1(name);
    }
    void corpus()
    {
        QFETCH(QString, name);
        const Target run = targets.at(name.toLatin1());
        QFile file(QStringLiteral(AIO_SOURCE_DIR "/corpus/fuzz_%1.txt").arg(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        int inputs = 0;
        for (const QByteArray &line : file.readAll().split('\n')) {
            if (line.isEmpty() || line.startsWith('#'))
                continue;
            QByteArray input = QByteArray::fromHex(line.mid(line.indexOf(' ') + 1));
            ++inputs;
            feed(run, input);
            for (qsizetype size = 0; size < input.size(); ++size)
                feed(run, input.first(size));
            for (qsizetype bit = 0; bit < input.size() * 8; ++bit) {
                input[bit / 8] = char(input[bit / 8] ^ (1 << bit % 8));
                feed(run, input);
                input[bit / 8] = char(input[bit / 8] ^ (1 << bit % 8));
            }
        }
        QVERIFY(inputs > 3);
    }
};

QTEST_GUILESS_MAIN(tst_Fuzz)
#include "tst_fuzz.moc"

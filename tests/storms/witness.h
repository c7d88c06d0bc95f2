// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QFile>
#include <QString>

#include <atomic>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Memory that all processes of a storm share and that has nothing to do with the library: who holds what, and what was put
 * and got, as seen by those who do it.
 */
struct Witness
{
    static constexpr unsigned Locks = 16;
    static constexpr unsigned Producers = 1024;         // lives, one after the other
    static constexpr unsigned ItemsEach = 131'072;

    std::atomic<qint64> holder[Locks];                  // pid; 0: nobody
    std::atomic<quint64> acquisitions;
    std::atomic<quint64> abandoned;                     // acquired after the death of the holder
    std::atomic<quint64> violations;                    // two held the same lock
    std::atomic<qint64> longestWait;                    // ns
    std::atomic<quint32> acknowledged[Producers];       // how many puts have returned
    std::atomic<quint8> received[Producers][ItemsEach]; // how often each item arrived
    std::atomic<quint64> torn;

    void noteWait(qint64 ns)
    {
        qint64 longest = longestWait.load();
        while (ns > longest && !longestWait.compare_exchange_weak(longest, ns)) { }
    }
};

/* The witness in the file \a path, which is made when there is none. */
class WitnessFile
{
public:
    explicit WitnessFile(const QString &path)
    {
        const int file = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || ::ftruncate(file, sizeof(Witness)) != 0)
            qFatal("no witness in %s", qPrintable(path));
        void *base = ::mmap(nullptr, sizeof(Witness), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        ::close(file);
        if (base == MAP_FAILED)
            qFatal("cannot map %s", qPrintable(path));
        m_witness = static_cast<Witness *>(base);
    }
    ~WitnessFile() { ::munmap(m_witness, sizeof(Witness)); }
    Q_DISABLE_COPY_MOVE(WitnessFile)
    Witness *operator->() const { return m_witness; }

private:
    Witness *m_witness;
};

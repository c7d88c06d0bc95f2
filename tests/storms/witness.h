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

    // -- of tst_sync_storm
    static constexpr int Permits = 4;
    static constexpr int Parties = 4;

    std::atomic<qint64> permitHolder[Permits];          // pid; 0: nobody
    std::atomic<quint64> creditsGiven;                  // counted before
    std::atomic<quint64> creditsTaken;                  // counted after
    std::atomic<qint64> letters;                        // protected by the condition's lock
    std::atomic<quint64> lettersTaken;
    std::atomic<quint64> passed[Parties];               // how often each index
    std::atomic<quint64> broken;
    std::atomic<quint64> alarms;                        // waits for the event that it ended
    std::atomic<quint64> hangs;                         // waits that ran out of time

    // -- of tst_queue_storm
    std::atomic<quint64> emptiesBegun;                  // puts of messages without any bytes
    std::atomic<quint64> emptiesPut;
    std::atomic<quint64> emptiesGot;
    std::atomic<quint64> bytes;                         // that arrived

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

/* What became of the items that the first \a lives producers have put; of those that \a isCounted(life, number) means. */
struct Balance
{
    quint64 acknowledged = 0;
    quint64 missing = 0;
    quint64 doubled = 0;
};

template<class F> Balance balanceOf(WitnessFile &witness, int lives, F isCounted)
{
    Balance balance;
    for (int life = 0; life < lives; ++life) {
        balance.acknowledged += witness->acknowledged[life];
        for (quint32 n = 0; n < Witness::ItemsEach; ++n) {
            balance.missing += n < witness->acknowledged[life] && witness->received[life][n] == 0 && isCounted(life, n);
            balance.doubled += witness->received[life][n] > 1;
        }
    }
    return balance;
}

/* Whoever has a lock is alone with it, unless the holder before died there. */
class Critical
{
public:
    Critical(WitnessFile &witness, std::atomic<qint64> &holder, bool abandoned) : m_holder(holder)
    {
        const qint64 before = m_holder.exchange(::getpid());
        if (before && !abandoned)
            ++witness->violations;
        witness->abandoned += abandoned;
        ++witness->acquisitions;
    }
    ~Critical() { m_holder.store(0); }
    Q_DISABLE_COPY_MOVE(Critical)

private:
    std::atomic<qint64> &m_holder;
};

/* One of those who have a permit: as many as there are, but for the dead. */
class Permitted
{
public:
    explicit Permitted(WitnessFile &witness)
    {
        ++witness->acquisitions;
        for (auto &holder : witness->permitHolder) {
            qint64 before = holder.load();
            if ((before == 0 || hasEnded(before)) && holder.compare_exchange_strong(before, ::getpid())) {
                m_holder = &holder;
                return;
            }
        }
        ++witness->violations;
    }
    ~Permitted()
    {
        if (m_holder)
            m_holder->store(0);
    }
    Q_DISABLE_COPY_MOVE(Permitted)

private:
    // The child of another is gone only when that has looked, so zombies have ended, too.
    static bool hasEnded(qint64 pid)
    {
        QFile stat(QStringLiteral("/proc/%1/stat").arg(pid));
        if (!stat.open(QIODevice::ReadOnly))
            return true;
        const QByteArray line = stat.readAll();
        const char state = line.mid(line.lastIndexOf(')') + 2, 1).append('X').front();
        return state == 'Z' || state == 'X';
    }

    std::atomic<qint64> *m_holder = nullptr;
};

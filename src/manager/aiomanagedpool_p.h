// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedobject_p.h"
#include "pool/aiolocalworker_p.h"
#include "process/aiolocalwait_p.h"

#include <map>
#include <unordered_map>

namespace aio_detail {

class ManagedPoolEngine;

/* Until the workers of all managed pools that are gone have ended. */
void waitForManagedPools();

/*
 * Worker processes of the server, shared by faces (RemoteEngine) and by Python's clients, which call registered functions by their names. A
 * face has its tasks here under numbers, and asks for news of them.
 */
class ManagedPool final : public ManagedObjectOf<ManagedPool>
{
public:
    explicit ManagedPool(const ManagedCall &call);
    ~ManagedPool() override;

    static const Methods &methods();
    QString describe() const override;
    QVariant detail() const override { return m_settings.workers; }
    void forget(const ManagerCaller &caller) override;

private:
    using FaceKey = std::pair<quint64, quint64>;    // the caller, and its number for the face
    struct Face
    {
        std::map<quint64, PoolJobPtr> jobs;
        QVariantList news;
        std::map<std::pair<quint64, quint32>, qint64> lostLines;        // by job and item
        const std::shared_ptr<LocalWaits> waits = std::make_shared<LocalWaits>();
    };
    using Faces = std::map<FaceKey, Face>;
    struct Origin
    {
        FaceKey face;
        quint64 number = 0;
        qint64 left = 0;        // items without an outcome
    };

    // -- faces
    QVariant submit(const ManagedCall &call);
    QVariant cancel(const ManagedCall &call);
    QVariant leave(const ManagedCall &call);
    QVariant configure(const ManagedCall &call);
    QVariant kill(const ManagedCall &call);
    QCoro::Task<QVariant> news(std::shared_ptr<const ManagedCall> call);

    // -- Python
    QCoro::Task<QVariant> apply(std::shared_ptr<const ManagedCall> call);
    QCoro::Task<QVariant> map(std::shared_ptr<const ManagedCall> call);
    QCoro::Task<QVariant> starmap(std::shared_ptr<const ManagedCall> call);
    QCoro::Task<QVariantList> run(std::shared_ptr<const ManagedCall> call, std::shared_ptr<PoolJob> job);

    QVariant nothing(const ManagedCall &) { return {}; }        // it is shared, and goes with the last who refers to it

    static FaceKey keyOf(const ManagedCall &call);
    void drop(Faces::iterator face);
    void takeNews();
    void tell(const PoolNews &news);
    static void tellTooLarge(const PoolNews &news, quint64 number, Face &face);
    static void tellLostLines(const PoolNews &news, quint64 number, Face &face);
    static void tellReply(const PoolNews &news, PoolReply &reply);

    PoolSettings m_settings;
    Faces m_faces;
    std::unordered_map<const PoolJob *, Origin> m_origins;
    const std::shared_ptr<ManagedPoolEngine> m_engine;
};

} // namespace aio_detail

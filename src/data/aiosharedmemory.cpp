// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiosharedmemory.h>

#include "data/rawshareddata.h"
#include "sync/aioobject_p.h"

#include <aioprocessing/aiocontext.h>

#include <QSharedMemory>

using namespace aio_detail;
using namespace aio_raw;

class AioSharedMemoryPrivate final : public AioObjectPrivate
{
public:
    AioSharedMemoryPrivate(std::shared_ptr<OpenCell> openCell, std::unique_ptr<QSharedMemory> attached)
        : AioObjectPrivate(std::move(openCell), AioHandle::SharedMemory),
          lock(AioHandle(AioHandle::Lock, cell->context().id(), cell->handle())), memory(std::move(attached)),
          bytes(static_cast<char *>(memory->data()) + OwnHeadBytes), size(qsizetype(RawSharedData::bytes(cell->cell())))
    { }
    ~AioSharedMemoryPrivate() override { Segments::removeSemaphore(memory->nativeKey()); }

    AioLock lock;
    const std::unique_ptr<QSharedMemory> memory;    // goes before the cell, with whose last user the segment is removed if it is there
    char *const bytes;
    const qsizetype size;
};

namespace {

[[noreturn]] void fail(AioError::Code code, const QString &text, const QString &key = {})
{
    throw AioException(makeError(code, QStringLiteral("AioSharedMemory: ") + text, QStringLiteral("AioSharedMemory"), key));
}

std::unique_ptr<QSharedMemory> segmentOf(AioContext &context, std::uint64_t nonce)
{
    auto memory = std::make_unique<QSharedMemory>();
    memory->setNativeKey(context.arena()->segments().ownKeyPath(nonce));
    return memory;
}

// Makes the cell that stands for the segment, and then the segment, so that it goes with the cell whenever this process dies.
Address makeSegment(RawLot &lot, AioContext &context, qsizetype size, std::unique_ptr<QSharedMemory> &memory)
{
    const Address address = RawSharedData::createForSegment(lot, std::size_t(size));
    if (!address)
        return 0;
    Cell &cell = *lot.arena().at<Cell>(address);
    QString why;
    const bool isMade = nameSegment(lot.arena().source(), [&](std::uint64_t name) {
        RawSharedData::setSegment(cell, name);
        memory = segmentOf(context, name);
        Segments::createKeyFile(memory->nativeKey());
        if (!memory->create(size + qsizetype(OwnHeadBytes))) {
            why = memory->errorString();
            return false;
        }
        context.arena()->segments().writeOwnHead(memory->data(), name, std::size_t(size));
        return true;
    });
    if (isMade)
        return address;
    memory.reset();
    lot.arena().freeCell(cell);
    fail(AioError::OutOfResources, QStringLiteral("the system has no %1 bytes of shared memory (%2); free memory").arg(size).arg(why));
}

OpenCell::Maker segmentMaker(AioContext &context, qsizetype size, std::unique_ptr<QSharedMemory> &memory)
{
    return [&context, size, &memory](RawLot &lot) { return makeSegment(lot, context, size, memory); };
}

void requirePositive(qsizetype size)
{
    if (size <= 0)
        fail(AioError::UsageError, QStringLiteral("%1 bytes are too few").arg(size));
}

std::unique_ptr<AioObjectPrivate> attach(std::shared_ptr<OpenCell> cell, const QString &key)
{
    const std::uint64_t nonce = RawSharedData::segment(cell->cell());
    if (!nonce)
        throwNameTaken(key, nameOf(AioHandle::SharedMemory), QStringLiteral("it is an AioLock"));
    auto memory = segmentOf(cell->context(), nonce);
    const Segments &segments = cell->context().arena()->segments();
    if (!memory->attach() || !segments.isOwn(memory->data(), std::size_t(memory->size()), nonce, RawSharedData::bytes(cell->cell())))
        fail(AioError::NotFound, QStringLiteral("%1 was closed by its last user this moment").arg(key), key);
    return std::make_unique<AioSharedMemoryPrivate>(std::move(cell), std::move(memory));
}

std::unique_ptr<AioObjectPrivate> create(AioContext &context, qsizetype size)
{
    requirePositive(size);
    std::unique_ptr<QSharedMemory> memory;
    auto cell = OpenCell::create(context, segmentMaker(context, size, memory));
    return std::make_unique<AioSharedMemoryPrivate>(std::move(cell), std::move(memory));
}

std::unique_ptr<AioObjectPrivate> openNamed(const QString &key, AioContext &context, const OpenCell::Maker &make,
                                            std::unique_ptr<QSharedMemory> &memory)
{
    auto cell = OpenCell::named(key, context, AioHandle::SharedMemory, Cell::Lock, make);
    return memory ? std::make_unique<AioSharedMemoryPrivate>(std::move(cell), std::move(memory)) : attach(std::move(cell), key);
}

std::unique_ptr<AioObjectPrivate> createNamed(const QString &key, qsizetype size, AioContext &context)
{
    requirePositive(size);
    std::unique_ptr<QSharedMemory> memory;
    auto d = openNamed(key, context, segmentMaker(context, size, memory), memory);
    const qsizetype found = static_cast<AioSharedMemoryPrivate *>(d.get())->size;
    if (found != size)
        throwNameTaken(key, nameOf(AioHandle::SharedMemory), QStringLiteral("it was made with %1 bytes, not %2").arg(found).arg(size));
    return d;
}

std::unique_ptr<AioObjectPrivate> findNamed(const QString &key, AioContext &context)
{
    std::unique_ptr<QSharedMemory> memory;
    const auto refuse = [&key](RawLot &) -> Address {
        fail(AioError::NotFound, QStringLiteral("nobody has \"%1\" open; give a size to make it").arg(key), key);
    };
    return openNamed(key, context, refuse, memory);
}

} // namespace

AioSharedMemory::AioSharedMemory(qsizetype size, QObject *parent) : AioSharedMemory(size, *AioContext::defaultContext(), parent) { }
AioSharedMemory::AioSharedMemory(qsizetype size, AioContext &context, QObject *parent) : AioObject(create(context, size), parent) { }
AioSharedMemory::AioSharedMemory(const QString &key, qsizetype size, QObject *parent)
    : AioSharedMemory(key, size, *AioContext::defaultContext(), parent)
{ }
AioSharedMemory::AioSharedMemory(const QString &key, qsizetype size, AioContext &context, QObject *parent)
    : AioObject(createNamed(key, size, context), parent)
{
    setObjectName(key);
}
AioSharedMemory::AioSharedMemory(const QString &key, QObject *parent) : AioSharedMemory(key, *AioContext::defaultContext(), parent) { }
AioSharedMemory::AioSharedMemory(const QString &key, AioContext &context, QObject *parent) : AioObject(findNamed(key, context), parent)
{
    setObjectName(key);
}
AioSharedMemory::AioSharedMemory(const AioHandle &handle, QObject *parent)
    : AioObject(attach(OpenCell::open(handle, AioHandle::SharedMemory, Cell::Lock), handle.key()), parent)
{ }
AioSharedMemory::~AioSharedMemory() = default;

AioSharedMemoryPrivate *AioSharedMemory::d() const
{
    return static_cast<AioSharedMemoryPrivate *>(d_ptr.get());
}

char *AioSharedMemory::data()
{
    return d()->bytes;
}

const char *AioSharedMemory::constData() const
{
    return d()->bytes;
}

qsizetype AioSharedMemory::size() const
{
    return d()->size;
}

AioLock &AioSharedMemory::lock() const
{
    return d()->lock;
}

QString AioSharedMemory::describe() const
{
    const auto state = lock().locked() ? QStringLiteral("locked") : QStringLiteral("unlocked");
    return QStringLiteral("%1, %2 bytes, %3").arg(key()).arg(size()).arg(state);
}

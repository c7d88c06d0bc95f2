// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiosharedmemory.h>

#include "data/rawshareddata.h"
#include "sync/aioobject_p.h"

#include <aioprocessing/aiocontext.h>

using namespace aio_detail;
using namespace aio_raw;

class AioSharedMemoryPrivate final : public AioObjectPrivate
{
public:
    AioSharedMemoryPrivate(std::shared_ptr<OpenCell> openCell, char *mapped)
        : AioObjectPrivate(std::move(openCell), AioHandle::SharedMemory),
          lock(AioHandle(AioHandle::Lock, cell->context().id(), cell->handle())), bytes(mapped),
          size(qsizetype(RawSharedData::bytes(cell->cell())))
    { }
    ~AioSharedMemoryPrivate() override { cell->raw().arena().source().unmapOwn(bytes); }

    AioLock lock;
    char *const bytes;
    const qsizetype size;
};

namespace {

[[noreturn]] void fail(AioError::Code code, const QString &text, const QString &key = {})
{
    throw AioException(makeError(code, QStringLiteral("AioSharedMemory: ") + text, QStringLiteral("AioSharedMemory"), key));
}

// Makes the cell that stands for the segment, and then the segment, so that it goes with the cell whenever this process dies.
Address makeSegment(RawLot &lot, const AioContext &context, qsizetype size, char *&memory)
{
    const Address address = RawSharedData::createForSegment(lot, std::size_t(size));
    if (!address)
        return 0;
    Cell &cell = *lot.arena().at<Cell>(address);
    const bool isMade = nameSegment(lot.arena().source(), [&](std::uint64_t name) {
        RawSharedData::setSegment(cell, name);
        memory = lot.arena().source().createOwn(name, std::size_t(size));
        return memory != nullptr;
    });
    if (isMade)
        return address;
    lot.arena().freeCell(cell);
    fail(AioError::OutOfResources, QStringLiteral("the system has no %1 bytes of shared memory (%2); free memory")
                                       .arg(size).arg(context.arena()->segments().lastError()));
}

OpenCell::Maker segmentMaker(AioContext &context, qsizetype size, char *&memory)
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
    char *memory = cell->raw().arena().source().mapOwn(nonce, RawSharedData::bytes(cell->cell()));
    if (!memory)
        fail(AioError::NotFound, QStringLiteral("%1 was closed by its last user this moment").arg(key), key);
    return std::make_unique<AioSharedMemoryPrivate>(std::move(cell), memory);
}

std::unique_ptr<AioObjectPrivate> create(AioContext &context, qsizetype size)
{
    requirePositive(size);
    char *memory = nullptr;
    auto cell = OpenCell::create(context, segmentMaker(context, size, memory));
    return std::make_unique<AioSharedMemoryPrivate>(std::move(cell), memory);
}

std::unique_ptr<AioObjectPrivate> openNamed(const QString &key, AioContext &context, const OpenCell::Maker &make, char *&memory)
{
    auto cell = OpenCell::named(key, context, AioHandle::SharedMemory, Cell::Lock, make);
    return memory ? std::make_unique<AioSharedMemoryPrivate>(std::move(cell), memory) : attach(std::move(cell), key);
}

std::unique_ptr<AioObjectPrivate> createNamed(const QString &key, qsizetype size, AioContext &context)
{
    requirePositive(size);
    char *memory = nullptr;
    auto d = openNamed(key, context, segmentMaker(context, size, memory), memory);
    const qsizetype found = static_cast<AioSharedMemoryPrivate *>(d.get())->size;
    if (found != size)
        throwNameTaken(key, nameOf(AioHandle::SharedMemory), QStringLiteral("it was made with %1 bytes, not %2").arg(found).arg(size));
    return d;
}

std::unique_ptr<AioObjectPrivate> findNamed(const QString &key, AioContext &context)
{
    char *memory = nullptr;
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

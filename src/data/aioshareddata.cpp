// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioshareddata.h>

#include "data/rawshareddata.h"
#include "sync/aioobject_p.h"

#include <aioprocessing/aiocontext.h>

using namespace aio_detail;
using namespace aio_raw;

class AioSharedDataPrivate final : public AioObjectPrivate
{
public:
    AioSharedDataPrivate(std::shared_ptr<OpenCell> openCell, AioHandle::Kind handleKind)
        : AioObjectPrivate(std::move(openCell), handleKind),
          lock(AioHandle(AioHandle::Lock, cell->context().id(), cell->handle())),
          bytes(RawSharedData::find(cell->raw(), cell->cell(), size).data)
    { }

    AioLock lock;
    std::size_t size = 0;
    char *bytes;
};

namespace {

// What stands for a type in all programs: FNV-1a of its name and size.
std::uint64_t hashOf(QMetaType type)
{
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
    for (const char *letter = type.name(); letter && *letter; ++letter)
        add(static_cast<unsigned char>(*letter));
    add(static_cast<unsigned char>(type.sizeOf()));
    return hash;
}

std::unique_ptr<AioSharedDataPrivate> create(AioHandle::Kind kind, QMetaType type, qsizetype count, AioContext &context)
{
    const QString name = nameOf(kind);
    if (count < 0)
        throw AioException(makeError(AioError::UsageError, QStringLiteral("%1: %2 elements are too few").arg(name).arg(count), name));
    RawLot &lot = OpenCell::lotFor(context);
    const auto elementBytes = std::size_t(type.sizeOf());
    const bool fits = std::size_t(count) <= SIZE_MAX / 4 / elementBytes
                      && lot.slabs().couldFit(std::max<std::size_t>(std::size_t(count) * elementBytes, 1));
    if (!fits) {
        throw AioException(makeError(AioError::TooLarge,
                                     QStringLiteral("%1: %2 elements of %3 bytes are more than the memory limit allows; "
                                                    "raise AioContext::setMemoryLimit(), use several, or an AioSharedMemory")
                                         .arg(name).arg(count).arg(elementBytes), name));
    }
    const auto make = [&](RawLot &) { return RawSharedData::create(lot, std::size_t(count) * elementBytes, hashOf(type)); };
    return std::make_unique<AioSharedDataPrivate>(OpenCell::create(context, make), kind);
}

std::unique_ptr<AioSharedDataPrivate> open(AioHandle::Kind kind, QMetaType type, const AioHandle &handle)
{
    auto d = std::make_unique<AioSharedDataPrivate>(OpenCell::open(handle, kind, Cell::Lock), kind);
    if (!d->bytes || RawSharedData::type(d->cell->cell()) != hashOf(type)) {
        throw AioException(makeError(AioError::TypeMismatch,
                                     QStringLiteral("%1 does not hold elements of type %2")
                                         .arg(handle.key(), QString::fromLatin1(type.name())),
                                     QStringLiteral("AioObject::open"), handle.key()));
    }
    return d;
}

} // namespace

AioSharedData::AioSharedData(AioHandle::Kind kind, QMetaType type, qsizetype count, AioContext &context, QObject *parent)
    : AioObject(create(kind, type, count, context), parent)
{ }
AioSharedData::AioSharedData(AioHandle::Kind kind, QMetaType type, const AioHandle &handle, QObject *parent)
    : AioObject(open(kind, type, handle), parent)
{ }
AioSharedData::~AioSharedData() = default;

AioSharedDataPrivate *AioSharedData::d() const
{
    return static_cast<AioSharedDataPrivate *>(d_ptr.get());
}

AioLock &AioSharedData::lock() const
{
    return d()->lock;
}

qsizetype AioSharedData::byteSize() const
{
    return qsizetype(d()->size);
}

void *AioSharedData::bytes() const
{
    return d()->bytes;
}

void AioSharedData::throwNoElement(qsizetype index, qsizetype size) const
{
    throw AioException(makeError(AioError::UsageError, QStringLiteral("there is no element %1 among %2").arg(index).arg(size),
                                 QStringLiteral("AioArray::at"), key()));
}

QString AioSharedData::describe() const
{
    const auto state = lock().locked() ? QStringLiteral("locked") : QStringLiteral("unlocked");
    return QStringLiteral("%1, %2 bytes, %3").arg(key()).arg(byteSize()).arg(state);
}

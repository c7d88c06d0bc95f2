// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioshareablelist.h>

#include "base/aiologging_p.h"
#include "platform/rawfault.h"

#include <aioprocessing/aiocontext.h>

#include <atomic>
#include <cstring>
#include <limits>

using namespace aio_detail;

/* What an AioSharedData of this class consists of. */
struct AioShareableListWord
{
    quint64 bits;
};

namespace {

using Word = AioShareableListWord;
constexpr qsizetype WordBytes = sizeof(Word);

enum Type : quint32 { None, Bool, Integer, Real, Text, Bytes };

// A value as it lies in memory.
struct Value
{
    Type type = None;
    QByteArray bytes;
    friend bool operator==(const Value &, const Value &) = default;
};

template<class T> QByteArray bytesOf(T value)
{
    return QByteArray(reinterpret_cast<const char *>(&value), sizeof value);
}

template<class T> T fromBytes(const QByteArray &bytes)
{
    T value = {};
    std::memcpy(&value, bytes.constData(), std::min(sizeof value, std::size_t(bytes.size())));
    return value;
}

[[noreturn]] void fail(AioError::Code code, const QString &text, const char *operation)
{
    throw AioException(makeError(code, text, QString::fromLatin1(operation)));
}

Value toValue(const QVariant &variant, const char *operation)
{
    switch (variant.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return {};
    case QMetaType::Bool:
        return {Bool, bytesOf(quint64(variant.toBool()))};
    case QMetaType::Int: case QMetaType::UInt: case QMetaType::Long: case QMetaType::LongLong: case QMetaType::Short:
    case QMetaType::UShort: case QMetaType::Char: case QMetaType::SChar: case QMetaType::UChar:
        return {Integer, bytesOf(variant.toLongLong())};
    case QMetaType::ULong: case QMetaType::ULongLong:
        if (variant.toULongLong() <= quint64(std::numeric_limits<qlonglong>::max()))
            return {Integer, bytesOf(variant.toLongLong())};
        break;
    case QMetaType::Float: case QMetaType::Double:
        return {Real, bytesOf(variant.toDouble())};
    case QMetaType::QString:
        return {Text, variant.toString().toUtf8()};
    case QMetaType::QByteArray:
        return {Bytes, variant.toByteArray()};
    default:
        break;
    }
    fail(AioError::Unserializable,
         QStringLiteral("a shareable list has whole numbers of 64 bits, floating point numbers, truth values, text and bytes, and no %1")
             .arg(QLatin1StringView(variant.typeName())), operation);
}

QVariant toVariant(const Value &value)
{
    switch (value.type) {
    case Bool:
        return fromBytes<quint64>(value.bytes) != 0;
    case Integer:
        return fromBytes<qlonglong>(value.bytes);
    case Real:
        return fromBytes<double>(value.bytes);
    case Text:
        return QString::fromUtf8(value.bytes);
    case Bytes:
        return value.bytes;
    case None:
        break;
    }
    return {};
}

// How many words the bytes of \a value, and those that may take their place, have.
qsizetype wordsFor(const Value &value)
{
    return value.bytes.size() / WordBytes + 1;
}

} // namespace

/*
 * The memory: a word with the number of elements, their slots, and for each slot two copies of {type : 32, size : 32} and the bytes. The lowest bit
 * of the version says which copy is valid. Who writes fills the other one, and then counts the version up; who reads begins again when it has changed
 * meanwhile. The bytes are read and written by words, since that may happen at the same time.
 */
struct AioShareableList::Slot
{
    std::atomic<quint64> version;
    quint32 first;          // word
    quint32 words;          // of one copy, without its first one

    static Word *copy(Word *memory, const Slot &slot, quint64 version) { return memory + slot.first + (version & 1) * (slot.words + 1u); }
};

namespace {

quint64 load(const Word &word)
{
    return std::atomic_ref(const_cast<Word &>(word).bits).load(std::memory_order_relaxed);
}

void store(Word &word, quint64 bits)
{
    std::atomic_ref(word.bits).store(bits, std::memory_order_relaxed);
}

void write(Word *copy, const Value &value)
{
    store(copy[0], quint64(value.type) << 32 | quint64(value.bytes.size()));
    for (qsizetype i = 0; i * WordBytes < value.bytes.size(); ++i)
        store(copy[1 + i], fromBytes<quint64>(value.bytes.mid(i * WordBytes, WordBytes)));
}

// Whatever stands there, nothing outside of it is read.
Value read(const Word *copy, quint32 words)
{
    const quint64 head = load(copy[0]);
    Value value{Type(head >> 32), QByteArray(std::min<qsizetype>(quint32(head), words * WordBytes), Qt::Uninitialized)};
    for (qsizetype i = 0; i * WordBytes < value.bytes.size(); ++i) {
        const quint64 bits = load(copy[1 + i]);
        std::memcpy(value.bytes.data() + i * WordBytes, &bits, std::size_t(std::min(WordBytes, value.bytes.size() - i * WordBytes)));
    }
    return value;
}

qsizetype memoryFor(const QVariantList &initial)
{
    constexpr qsizetype SlotWords = 2;
    qsizetype words = 1;
    for (const QVariant &variant : initial)
        words += SlotWords + 2 * (1 + wordsFor(toValue(variant, "AioShareableList")));
    return words;
}

} // namespace

AioShareableList::AioShareableList(const QVariantList &initial, QObject *parent)
    : AioShareableList(initial, *AioContext::defaultContext(), parent)
{ }

AioShareableList::AioShareableList(const QVariantList &initial, AioContext &context, QObject *parent)
    : AioSharedData(AioHandle::Array, QMetaType::fromType<Word>(), memoryFor(initial), context, parent)
{
    static_assert(sizeof(Slot) == 2 * WordBytes);
    auto *const memory = static_cast<Word *>(bytes());
    memory->bits = quint64(initial.size());
    auto *const table = reinterpret_cast<Slot *>(memory + 1);
    qsizetype place = 1 + 2 * initial.size();
    for (qsizetype i = 0; i < initial.size(); ++i) {
        const Value value = toValue(initial[i], "AioShareableList");
        Slot &slot = *new (table + i) Slot{0, quint32(place), quint32(wordsFor(value))};
        write(Slot::copy(memory, slot, 0), value);
        place += 2 * (1 + qsizetype(slot.words));
    }
}

AioShareableList::AioShareableList(const AioHandle &handle, QObject *parent)
    : AioSharedData(AioHandle::Array, QMetaType::fromType<Word>(), handle, parent)
{ }

AioShareableList::~AioShareableList() = default;

qsizetype AioShareableList::size() const
{
    // whoever shares the memory may have written anything
    const auto most = quint64((byteSize() / WordBytes - 1) / 2);
    return qsizetype(std::min(load(*static_cast<const Word *>(bytes())), most));
}

const AioShareableList::Slot &AioShareableList::slotAt(qsizetype index) const
{
    if (index < 0 || index >= size())
        throwNoElement(index, size());
    const Slot &slot = reinterpret_cast<const Slot *>(static_cast<const Word *>(bytes()) + 1)[index];
    if (quint64(slot.first) + 2 * (1 + quint64(slot.words)) > quint64(byteSize() / WordBytes)) {
        throw AioException(makeError(AioError::Corrupted,
                                     QStringLiteral("the table of %1 says nonsense about element %2").arg(key()).arg(index),
                                     QStringLiteral("AioShareableList"), key()));
    }
    return slot;
}

QVariant AioShareableList::at(qsizetype index) const
{
    const Slot &slot = slotAt(index);
    for (;;) {
        const quint64 version = slot.version.load(std::memory_order_acquire);
        const Value value = read(Slot::copy(static_cast<Word *>(bytes()), slot, version), slot.words);
        std::atomic_thread_fence(std::memory_order_acquire);
        if (slot.version.load(std::memory_order_relaxed) == version)
            return toVariant(value);
    }
}

void AioShareableList::set(qsizetype index, const QVariant &value)
{
    auto &slot = const_cast<Slot &>(slotAt(index));
    const Value next = toValue(value, "AioShareableList::set");
    if (next.bytes.size() > room(index)) {
        fail(AioError::TooLarge,
             QStringLiteral("%1 bytes have no room in element %2 of %3, which has %4: make the list with a longer text there")
                 .arg(next.bytes.size()).arg(index).arg(key()).arg(room(index)), "AioShareableList::set");
    }
    const quint64 version = slot.version.load(std::memory_order_relaxed) + 1;
    std::atomic_thread_fence(std::memory_order_release);        // who sees what is written here sees the version before, too
    write(Slot::copy(static_cast<Word *>(bytes()), slot, version), next);
    AIO_FAULT_POINT("list.written");
    slot.version.store(version, std::memory_order_release);
}

qsizetype AioShareableList::room(qsizetype index) const
{
    return qsizetype(slotAt(index).words) * WordBytes;
}

qsizetype AioShareableList::indexOf(const QVariant &value, qsizetype from) const
{
    const QVariant wanted = toVariant(toValue(value, "AioShareableList::indexOf"));
    for (qsizetype i = std::max<qsizetype>(from, 0); i < size(); ++i) {
        const QVariant found = at(i);
        if (found.typeId() == wanted.typeId() && found == wanted)
            return i;
    }
    return -1;
}

qsizetype AioShareableList::count(const QVariant &value) const
{
    qsizetype found = 0;
    for (qsizetype i = indexOf(value); i >= 0; i = indexOf(value, i + 1))
        ++found;
    return found;
}

QVariantList AioShareableList::toList() const
{
    QVariantList values;
    for (qsizetype i = 0; i < size(); ++i)
        values.append(at(i));
    return values;
}

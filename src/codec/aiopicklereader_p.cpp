// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiopicklereader_p.h"

#include "codec/aiodatetime_p.h"
#include "codec/aiosurrogates_p.h"
#include "codec/rawpickle.h"

#include <aioprocessing/aioremoteobject.h>

#include <QDateTime>
#include <QHash>

#include <algorithm>
#include <vector>

namespace aio_detail {
namespace {

using aio_raw::noPickleRef;
using aio_raw::PickleError;
using aio_raw::PickleKind;
using aio_raw::PickleObjectPart;
using aio_raw::PickleReader;
using aio_raw::PickleRef;

const auto builtins = QStringLiteral("builtins");

// Makes a QVariant of a tree that has passed all checks: it is neither deep nor large.
class VariantUnpickler
{
public:
    explicit VariantUnpickler(const PickleReader &tree) : m_tree(tree) {}

    QVariant read(PickleRef ref)
    {
        if (!m_tree.isShared(ref))
            return make(ref);
        if (const auto found = m_shared.constFind(ref); found != m_shared.cend())
            return *found;
        const QVariant made = make(ref);
        m_shared.insert(ref, made);
        return made;
    }
    // Some text was no UTF-8.
    bool failed() const { return m_failed; }

private:
    QVariant make(PickleRef ref);
    QString text(PickleRef ref);
    QByteArray bytes(PickleRef ref) const { return {m_tree.bytes(ref), qsizetype(m_tree.size(ref))}; }
    QVariantList list(PickleRef ref);
    QVariant dict(PickleRef ref);
    QVariantMap map(PickleRef ref);
    QVariant bigInt(PickleRef ref);
    QVariant global(PickleRef ref) { return QVariant::fromValue(AioRemoteObject::reference(moduleName(ref), name(ref))); }
    QVariant object(PickleRef ref);
    QVariant known(PickleRef ref);
    QVariant dateTime(const QByteArray &fields, const std::vector<PickleRef> &arguments);
    QVariant collection(const char *name, PickleRef ref)
    { return QVariant::fromValue(AioRemoteObject::call(builtins, QLatin1StringView(name), {QVariant(list(ref))})); }
    bool offsetOf(PickleRef zone, int &seconds) const;

    QString moduleName(PickleRef global) const
    {
        std::size_t size;
        const char *module = m_tree.moduleOf(global, size);
        return QString::fromUtf8(module, qsizetype(size));
    }
    QString name(PickleRef global) const
    {
        std::size_t size;
        const char *name = m_tree.nameOf(global, size);
        return QString::fromUtf8(name, qsizetype(size));
    }
    PickleRef part(PickleRef object, PickleObjectPart which) const { return m_tree.part(object, which); }
    // The \a size bytes that \a ref is; null: it is something else.
    QByteArray bytesOf(PickleRef ref, qsizetype size);
    bool isCallOf(PickleRef ref, const char *module, const char *name) const
    { return m_tree.kind(ref) == PickleKind::Call && m_tree.isGlobal(part(ref, PickleObjectPart::Callee), module, name); }
    const std::vector<PickleRef> &argumentsOf(PickleRef object) const
    { return m_tree.children(part(object, PickleObjectPart::Arguments)); }

    const PickleReader &m_tree;
    QHash<PickleRef, QVariant> m_shared;     // what stands in several places is made once
    bool m_failed = false;
};

QString VariantUnpickler::text(PickleRef ref)
{
    QString text;
    if (!fromUtf8WithSurrogates(QByteArrayView(m_tree.bytes(ref), qsizetype(m_tree.size(ref))), text))
        m_failed = true;
    return text;
}

QVariantList VariantUnpickler::list(PickleRef ref)
{
    const auto &children = m_tree.children(ref);
    QVariantList list;
    list.reserve(qsizetype(children.size()));
    for (const PickleRef child : children)
        list.append(read(child));
    return list;
}

QVariantMap VariantUnpickler::map(PickleRef ref)
{
    QVariantMap map;
    const auto &children = m_tree.children(ref);
    for (std::size_t i = 0; i + 1 < children.size(); i += 2)
        map.insert(text(children[i]), read(children[i + 1]));
    return map;
}

QVariant VariantUnpickler::dict(PickleRef ref)
{
    const auto &children = m_tree.children(ref);
    bool hasOnlyText = true;
    for (std::size_t i = 0; i < children.size(); i += 2)
        hasOnlyText = hasOnlyText && m_tree.kind(children[i]) == PickleKind::Text;
    if (hasOnlyText)
        return map(ref);
    QVariantList pairs;
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
        const QVariantList pair{read(children[i]), read(children[i + 1])};
        pairs.append(QVariant::fromValue(AioRemoteObject::tuple(pair)));
    }
    return QVariant::fromValue(AioRemoteObject::call(builtins, QStringLiteral("dict"), {QVariant(pairs)}));
}

// More than 64 bits, or just more than qlonglong has. Written back as int("1f...", 16).
QVariant VariantUnpickler::bigInt(PickleRef ref)
{
    QByteArray digits(m_tree.bytes(ref), qsizetype(m_tree.size(ref)));
    std::reverse(digits.begin(), digits.end());
    const bool isNegative = (digits[0] & 0x80) != 0;
    if (isNegative) {       // its amount: the complement and one
        int carry = 1;
        for (qsizetype i = digits.size(); i-- > 0;) {
            const int sum = uchar(~digits[i]) + carry;
            digits[i] = char(sum);
            carry = sum >> 8;
        }
    }
    if (!isNegative && digits.size() == 9 && digits[0] == 0)
        return digits.sliced(1).toHex().toULongLong(nullptr, 16);
    const QString hex = QString::fromLatin1((isNegative ? "-" : "") + digits.toHex());
    return QVariant::fromValue(AioRemoteObject::call(builtins, QStringLiteral("int"), {hex, 16}));
}

bool VariantUnpickler::offsetOf(PickleRef zone, int &seconds) const
{
    // timezone(timedelta(days, seconds, microseconds)); a name after it is left out
    if (!isCallOf(zone, "datetime", "timezone") || argumentsOf(zone).empty())
        return false;
    const PickleRef delta = argumentsOf(zone)[0];
    if (!isCallOf(delta, "datetime", "timedelta"))
        return false;
    std::int64_t parts[3] = {0, 0, 0};
    const auto &given = argumentsOf(delta);
    for (std::size_t i = 0; i < given.size() && i < 3; ++i) {
        if (m_tree.kind(given[i]) != PickleKind::Int || qAbs(m_tree.number(given[i])) > 86400)
            return false;
        parts[i] = m_tree.number(given[i]);
    }
    const std::int64_t offset = parts[0] * 86400 + parts[1];
    seconds = int(offset);
    return parts[2] == 0 && qAbs(offset) < 14 * 3600;
}

QTime timeFrom(const char *bytes)
{
    const int micros = uchar(bytes[3]) << 16 | uchar(bytes[4]) << 8 | uchar(bytes[5]);
    return QTime(uchar(bytes[0]) & 0x7f, uchar(bytes[1]), uchar(bytes[2]), micros / 1000);    // the high bit: folded
}

QDate dateFrom(const char *bytes)
{
    return QDate(uchar(bytes[0]) << 8 | uchar(bytes[1]), uchar(bytes[2]) & 0x7f, uchar(bytes[3]));
}

QByteArray VariantUnpickler::bytesOf(PickleRef ref, qsizetype size)
{
    QByteArray found;
    if (m_tree.kind(ref) == PickleKind::Bytes)
        found = bytes(ref);
    else if (m_tree.kind(ref) == PickleKind::Call)      // as protocol 2 has it
        found = known(ref).toByteArray();
    return found.size() == size ? found : QByteArray();
}

QVariant VariantUnpickler::dateTime(const QByteArray &fields, const std::vector<PickleRef> &arguments)
{
    const QDate date = dateFrom(fields.constData());
    const QTime time = timeFrom(fields.constData() + 4);
    int offset = 0;
    if (!date.isValid() || !time.isValid() || (arguments.size() == 2 && !offsetOf(arguments[1], offset)))
        return {};
    if (arguments.size() == 1)
        return QDateTime(date, time);
    return dateTimeAt(date, time, offset);
}

// What has a type of its own in Qt, or is only another spelling of something that has; invalid: none of those.
QVariant VariantUnpickler::known(PickleRef ref)
{
    const auto &arguments = argumentsOf(ref);
    const std::size_t count = arguments.size();
    for (const auto extra : {PickleObjectPart::State, PickleObjectPart::Items, PickleObjectPart::Entries}) {
        if (part(ref, extra) != noPickleRef)
            return {};
    }
    // protocol 2 has no bytes: _codecs.encode('text', 'latin1'), and bytes() for none
    if (isCallOf(ref, "_codecs", "encode") && count == 2 && m_tree.kind(arguments[0]) == PickleKind::Text
        && m_tree.isText(arguments[1], "latin1")) {
        return text(arguments[0]).toLatin1();
    }
    if (isCallOf(ref, "builtins", "bytes") && count == 0)
        return QByteArray("");
    if (isCallOf(ref, "datetime", "date") && count == 1) {
        const QByteArray fields = bytesOf(arguments[0], 4);
        const QDate date = fields.isNull() ? QDate() : dateFrom(fields.constData());
        return date.isValid() ? QVariant(date) : QVariant();
    }
    if (isCallOf(ref, "datetime", "time") && count == 1) {
        const QByteArray fields = bytesOf(arguments[0], 6);
        const QTime time = fields.isNull() ? QTime() : timeFrom(fields.constData());
        return time.isValid() ? QVariant(time) : QVariant();
    }
    if (isCallOf(ref, "datetime", "datetime") && (count == 1 || count == 2)) {
        const QByteArray fields = bytesOf(arguments[0], 10);
        return fields.isNull() ? QVariant() : dateTime(fields, arguments);
    }
    return {};
}

QVariant VariantUnpickler::object(PickleRef ref)
{
    if (const QVariant value = known(ref); value.isValid())
        return value;
    const PickleRef callee = part(ref, PickleObjectPart::Callee);
    const QVariantList arguments = list(part(ref, PickleObjectPart::Arguments));
    const PickleRef keywords = part(ref, PickleObjectPart::Keywords);
    AioRemoteObject object = m_tree.kind(ref) == PickleKind::Call
        ? AioRemoteObject::call(moduleName(callee), name(callee), arguments)
        : AioRemoteObject::instance(moduleName(callee), name(callee), arguments, keywords == noPickleRef ? QVariantMap() : map(keywords));
    if (const PickleRef state = part(ref, PickleObjectPart::State); state != noPickleRef)
        object = object.withState(read(state));
    if (const PickleRef items = part(ref, PickleObjectPart::Items); items != noPickleRef)
        object = object.withItems(list(items));
    if (const PickleRef entries = part(ref, PickleObjectPart::Entries); entries != noPickleRef)
        object = object.withEntries(list(entries));
    return QVariant::fromValue(object);
}

QVariant VariantUnpickler::make(PickleRef ref)
{
    switch (m_tree.kind(ref)) {
    case PickleKind::None:
        return {};
    case PickleKind::False:
        return false;
    case PickleKind::True:
        return true;
    case PickleKind::Int:
        return qlonglong(m_tree.number(ref));
    case PickleKind::BigInt:
        return bigInt(ref);
    case PickleKind::Float:
        return m_tree.real(ref);
    case PickleKind::Text:
        return text(ref);
    case PickleKind::Bytes:
        return bytes(ref);
    case PickleKind::ByteArray:
        return QVariant::fromValue(AioRemoteObject::call(builtins, QStringLiteral("bytearray"), {bytes(ref)}));
    case PickleKind::Tuple:
        return QVariant::fromValue(AioRemoteObject::tuple(list(ref)));
    case PickleKind::List:
        return list(ref);
    case PickleKind::Set:
        return collection("set", ref);
    case PickleKind::FrozenSet:
        return collection("frozenset", ref);
    case PickleKind::Dict:
        return dict(ref);
    case PickleKind::Global:
        return global(ref);
    case PickleKind::Call:
    case PickleKind::New:
        return object(ref);
    }
    return {};
}

AioError refusal(PickleError error, std::size_t offset, const char *operation)
{
    AioError::Code code = AioError::ProtocolError;
    QString text;
    switch (error) {
    case PickleError::None:
        return {};
    case PickleError::Truncated:
        text = QStringLiteral("a pickle ends in the middle");
        break;
    case PickleError::Malformed:
        text = QStringLiteral("these bytes are no pickle");
        break;
    case PickleError::Unsupported:
        code = AioError::Unserializable;
        text = QStringLiteral("a pickle of another protocol than 2 to 5, or with an opcode that is refused: send plain values");
        break;
    case PickleError::TooDeep:
        code = AioError::Unserializable;
        text = QStringLiteral("the values of a pickle nest too deep: send them flatter");
        break;
    case PickleError::TooLarge:
        code = AioError::TooLarge;
        text = QStringLiteral("a pickle has too many values: send bytes, or several messages");
        break;
    case PickleError::Recursive:
        code = AioError::Unserializable;
        text = QStringLiteral("a value of a pickle holds itself, which no QVariant can");
        break;
    }
    return makeError(code, QStringLiteral("%1 (byte %2)").arg(text).arg(offset), QLatin1StringView(operation));
}

} // namespace

AioError decodePickle(QByteArrayView bytes, QVariant &value, const char *operation)
{
    value = QVariant();
    PickleReader tree;
    if (const PickleError error = tree.read(bytes.data(), std::size_t(bytes.size())); error != PickleError::None)
        return refusal(error, tree.offset(), operation);
    VariantUnpickler unpickler(tree);
    value = unpickler.read(tree.root());
    if (!unpickler.failed())
        return {};
    value = QVariant();
    return makeError(AioError::ProtocolError, QStringLiteral("text in a pickle is no UTF-8"), QLatin1StringView(operation));
}

} // namespace aio_detail

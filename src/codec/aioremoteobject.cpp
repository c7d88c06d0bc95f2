// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioremoteobject.h>

#include <QDataStream>
#include <QDebug>
#include <QSharedData>

class AioRemoteObjectData : public QSharedData
{
public:
    bool operator==(const AioRemoteObjectData &other) const
    {
        return kind == other.kind && module == other.module && name == other.name && arguments == other.arguments
            && keywords == other.keywords && state == other.state && hasState == other.hasState && items == other.items
            && entries == other.entries;
    }

    AioRemoteObject::Kind kind = AioRemoteObject::Null;
    QString module;
    QString name;
    QVariantList arguments;
    QVariantMap keywords;
    QVariant state;
    bool hasState = false;
    QVariantList items;
    QVariantList entries;
};

namespace {

const auto builtins = QStringLiteral("builtins");

// QVariant::toList() and toByteArray() know these
[[maybe_unused]] const bool areConvertersRegistered =
    QMetaType::registerConverter<AioRemoteObject, QVariantList>(&AioRemoteObject::toList)
    && QMetaType::registerConverter<AioRemoteObject, QByteArray>(&AioRemoteObject::toByteArray);

} // namespace

AioRemoteObject::AioRemoteObject() : d(new AioRemoteObjectData) { }
AioRemoteObject::AioRemoteObject(const AioRemoteObject &) = default;
AioRemoteObject &AioRemoteObject::operator=(const AioRemoteObject &) = default;
AioRemoteObject::~AioRemoteObject() = default;

AioRemoteObject AioRemoteObject::reference(const QString &module, const QString &name)
{
    AioRemoteObject object;
    object.d->kind = Reference;
    object.d->module = module;
    object.d->name = name;
    return object;
}

AioRemoteObject AioRemoteObject::call(const QString &module, const QString &name, const QVariantList &arguments)
{
    AioRemoteObject object = reference(module, name);
    object.d->kind = Call;
    object.d->arguments = arguments;
    return object;
}

AioRemoteObject AioRemoteObject::instance(const QString &module, const QString &name, const QVariantList &arguments,
                                          const QVariantMap &keywords)
{
    AioRemoteObject object = call(module, name, arguments);
    object.d->kind = Instance;
    object.d->keywords = keywords;
    return object;
}

AioRemoteObject AioRemoteObject::tuple(const QVariantList &items)
{
    return call(builtins, QStringLiteral("tuple"), QVariantList{QVariant(items)});
}

AioRemoteObject AioRemoteObject::set(const QVariantList &items)
{
    return call(builtins, QStringLiteral("set"), QVariantList{QVariant(items)});
}

AioRemoteObject::Kind AioRemoteObject::kind() const { return d->kind; }
QString AioRemoteObject::module() const { return d->module; }
QString AioRemoteObject::name() const { return d->name; }
QVariantList AioRemoteObject::arguments() const { return d->arguments; }
QVariantMap AioRemoteObject::keywords() const { return d->keywords; }
QVariant AioRemoteObject::state() const { return d->state; }
bool AioRemoteObject::hasState() const { return d->hasState; }
QVariantList AioRemoteObject::items() const { return d->items; }
QVariantList AioRemoteObject::entries() const { return d->entries; }

AioRemoteObject AioRemoteObject::withState(const QVariant &state) const
{
    AioRemoteObject changed = *this;
    changed.d->state = state;
    changed.d->hasState = true;
    return changed;
}

AioRemoteObject AioRemoteObject::withItems(const QVariantList &items) const
{
    AioRemoteObject changed = *this;
    changed.d->items = items;
    return changed;
}

AioRemoteObject AioRemoteObject::withEntries(const QVariantList &entries) const
{
    AioRemoteObject changed = *this;
    changed.d->entries = entries;
    return changed;
}

bool AioRemoteObject::isBuiltin(QLatin1StringView name) const
{
    return d->kind == Call && d->module == builtins && d->name == name;
}

QVariantList AioRemoteObject::toList(bool *ok) const
{
    const bool holdsItems = isBuiltin(QLatin1StringView("tuple")) || isBuiltin(QLatin1StringView("set"))
        || isBuiltin(QLatin1StringView("frozenset")) || isBuiltin(QLatin1StringView("dict"));
    if (ok)
        *ok = holdsItems;
    return holdsItems && !d->arguments.isEmpty() ? d->arguments.first().toList() : QVariantList();
}

QByteArray AioRemoteObject::toByteArray(bool *ok) const
{
    const bool holdsBytes = isBuiltin(QLatin1StringView("bytearray"));
    if (ok)
        *ok = holdsBytes;
    return holdsBytes && !d->arguments.isEmpty() ? d->arguments.first().toByteArray() : QByteArray();
}

bool operator==(const AioRemoteObject &a, const AioRemoteObject &b)
{
    return a.d == b.d || *a.d == *b.d;
}

QDataStream &operator<<(QDataStream &stream, const AioRemoteObject &object)
{
    return stream << qint8(object.kind()) << object.module() << object.name() << object.arguments() << object.keywords()
                  << object.hasState() << object.state() << object.items() << object.entries();
}

QDataStream &operator>>(QDataStream &stream, AioRemoteObject &object)
{
    qint8 kind = 0;
    object = AioRemoteObject();
    AioRemoteObjectData &d = *object.d;
    stream >> kind >> d.module >> d.name >> d.arguments >> d.keywords >> d.hasState >> d.state >> d.items >> d.entries;
    if (kind < AioRemoteObject::Null || kind > AioRemoteObject::Instance)
        stream.setStatus(QDataStream::ReadCorruptData);
    d.kind = AioRemoteObject::Kind(kind);
    if (stream.status() != QDataStream::Ok)
        object = AioRemoteObject();
    return stream;
}

QDebug operator<<(QDebug debug, const AioRemoteObject &object)
{
    const QDebugStateSaver saver(debug);
    debug.nospace() << "AioRemoteObject(" << qUtf8Printable(object.module()) << '.' << qUtf8Printable(object.name());
    if (object.kind() != AioRemoteObject::Reference)
        debug << ", " << object.arguments();
    if (object.hasState())
        debug << ", " << object.state();
    return debug << ')';
}

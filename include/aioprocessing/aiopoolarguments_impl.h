// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

// How the tasks of an AioPool are written. Do not include this directly: include <AioProcessing/AioPool>.

#include <aioprocessing/aiobound.h>
#include <aioprocessing/aiocall.h>
#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiotags_impl.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QVariant>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace aio_detail {

/*! Whether the arguments and the result of F travel as they are, many of them in one piece. */
template<auto F>
constexpr bool isPacked = [] {
    if constexpr (FunctionOf<F>::Traits::ok)
        return isPackable<typename FunctionOf<F>::Return, typename FunctionOf<F>::Parameters>;
    else
        return false;
}();

/*! Arguments that stand before those of each item. Shared by all that is submitted with them, and known to workers as long as it lives. */
struct PoolBound
{
    QByteArray bytes;
    AioError error;      // why they cannot be sent
};
using PoolBoundPtr = std::shared_ptr<const PoolBound>;

/*! Null for none. */
AIOPROCESSING_EXPORT PoolBoundPtr encodeBound(std::span<const QVariant> arguments);

/*! The arguments of a number of tasks of one function, as bytes. */
class AIOPROCESSING_EXPORT PoolArguments
{
public:
    /*! Items of \a stride bytes; 0: of any size. */
    explicit PoolArguments(qsizetype stride = 0) : m_stride(stride) {}
    /*! Those whose slice() of all items is \a bytes; nothing if that cannot be. */
    static std::optional<PoolArguments> fromBytes(qsizetype stride, const QByteArray &bytes, const QByteArray &bound);

    bool isPacked() const { return m_stride > 0; }
    qsizetype stride() const { return m_stride; }
    qsizetype count() const { return isPacked() ? m_bytes.size() / m_stride : qsizetype(m_ends.size()); }
    void reserve(qsizetype count);

    void appendPacked(const void *bytes, qsizetype size) { m_bytes.append(static_cast<const char *>(bytes), size); }
    void append(std::span<const QVariant> arguments);
    void append(const QVariantList &arguments) { append(std::span<const QVariant>(arguments)); }
    /*! \a bound, which may be null, stands before the arguments of each item. */
    void bind(PoolBoundPtr bound);

    /*! Why they cannot be sent (Unserializable, TooLarge); NoError: they can. */
    const AioError &error() const { return m_error; }
    const PoolBoundPtr &bound() const { return m_bound; }
    /*! The bytes of items \a first to \a first + \a count - 1. */
    QByteArrayView slice(qsizetype first, qsizetype count) const
    {
        const qsizetype from = startOf(first);
        return QByteArrayView(m_bytes.constData() + from, startOf(first + count) - from);
    }

private:
    qsizetype startOf(qsizetype index) const
    {
        if (isPacked())
            return index * m_stride;
        return index == 0 ? 0 : m_ends[std::size_t(index - 1)];
    }

    qsizetype m_stride;
    QByteArray m_bytes;
    PoolBoundPtr m_bound;
    std::vector<qsizetype> m_ends;
    AioError m_error;
};

/*! What stands in a range of items: with it, arguments that are the same for all of them. */
template<class Range>
struct ItemsIn
{
    using Bound = TypeList<>;
    using Items = Range;
    static Range &range(Range &range) { return range; }
    static std::tuple<> bound(const Range &) { return {}; }
};
template<class Range, class... B>
struct ItemsIn<BoundItems<Range, B...>>
{
    using Bound = TypeList<B...>;
    using Items = Range;
    static Range &range(BoundItems<Range, B...> &items) { return items.range; }
    static const std::tuple<B...> &bound(const BoundItems<Range, B...> &items) { return items.bound; }
};
template<class Range>
struct ItemsIn<const Range> : ItemsIn<Range>
{
    using Items = const typename ItemsIn<Range>::Items;
    static Items &range(const Range &items) { return ItemsIn<Range>::range(const_cast<Range &>(items)); }
};

template<std::size_t index, class List>
struct TypeAt;
template<std::size_t index, class... T>
struct TypeAt<index, TypeList<T...>> : std::tuple_element_t<index, std::tuple<std::type_identity<T>...>>
{
    using Type = typename TypeAt::type;
};

/*! Writes arguments of F: the first ones, of types B, once, and the others for each item. */
template<auto F, class Bound>
class ItemWriter;
template<auto F, class... B>
class ItemWriter<F, TypeList<B...>>
{
    using Parameters = typename Given<typename FunctionOf<F>::Parameters>::Type;
    template<std::size_t index>
    using Parameter = typename TypeAt<index, Parameters>::Type;

    static constexpr std::size_t bound = sizeof...(B);

    /*! Of the parameters from \a from on. */
    template<std::size_t from>
    static constexpr std::size_t packedSize()
    {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (std::size_t(0) + ... + sizeof(std::remove_cvref_t<Parameter<from + I>>));
        }(std::make_index_sequence<(from < Parameters::size ? Parameters::size - from : 0)>());
    }
    template<class T, class A>
    static void write(char *&to, A &&argument)
    {
        const T value = static_cast<T>(std::forward<A>(argument));
        std::memcpy(to, &value, sizeof value);
        to += sizeof value;
    }
    template<std::size_t from, class... A>
    static void writePacked(char *to, A &&...args)
    {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (write<std::remove_cvref_t<Parameter<from + I>>>(to, std::forward<A>(args)), ...);
        }(std::index_sequence_for<A...>());
    }
    template<std::size_t from, class... A>
    static std::array<QVariant, sizeof...(A)> toVariants(A &&...args)
    {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return std::array<QVariant, sizeof...(A)>{pack<Parameter<from + I>>(std::forward<A>(args))...};
        }(std::index_sequence_for<A...>());
    }

public:
    static PoolBoundPtr encode(const std::tuple<B...> &values)
    {
        static_assert(bound == 0 || bound < Parameters::size, "AioBound: the function has no parameter left for the items");
        if constexpr (bound == 0 || bound >= Parameters::size) {
            return nullptr;
        } else if constexpr (isPacked<F>) {
            const auto packed = std::make_shared<PoolBound>();
            packed->bytes.resize(qsizetype(packedSize<0>() - packedSize<bound>()));
            std::apply([&](const auto &...value) { writePacked<0>(packed->bytes.data(), value...); }, values);
            return packed;
        } else {
            return std::apply([](auto &...value) { return encodeBound(toVariants<0>(value...)); }, values);
        }
    }
    /*! Makes F known to workers, and returns where arguments are written to. */
    static PoolArguments begin(const PoolBoundPtr &boundArguments = {})
    {
        [[maybe_unused]] const bool *known = &Registered<F>::atStart;
        PoolArguments out;
        if constexpr (isPacked<F>)
            out = PoolArguments(qsizetype(packedSize<bound>()));
        out.bind(boundArguments);
        return out;
    }
    template<class... A>
    static void append(PoolArguments &out, A &&...args)
    {
        if constexpr (checkCall<F, const B &..., A...>()) {
            if constexpr (isPacked<F>) {
                char bytes[packedSize<bound>()];
                writePacked<bound>(bytes, std::forward<A>(args)...);
                out.appendPacked(bytes, qsizetype(sizeof bytes));
            } else {
                out.append(toVariants<bound>(std::forward<A>(args)...));
            }
        }
    }
    template<class Tuple>
    static void appendTuple(PoolArguments &out, Tuple &&tuple)
    {
        std::apply([&](auto &&...value) { append(out, std::forward<decltype(value)>(value)...); }, std::forward<Tuple>(tuple));
    }
    template<class Range>
    static void appendAll(PoolArguments &out, Range &&range)
    {
        if constexpr (std::ranges::sized_range<Range>)
            out.reserve(qsizetype(std::ranges::size(range)));
        constexpr bool isOneValue = isPacked<F> && Parameters::size == bound + 1;
        if constexpr (isOneValue && std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range>) {
            using Value = std::remove_cv_t<std::ranges::range_value_t<Range>>;
            if constexpr (std::is_same_v<std::remove_cvref_t<Parameter<bound>>, Value>) {
                out.appendPacked(std::ranges::data(range), qsizetype(std::ranges::size(range) * sizeof(Value)));
                return;
            }
        }
        for (auto &&item : range)
            append(out, std::forward<decltype(item)>(item));
    }
};

template<auto F, class... A>
void appendItem(PoolArguments &out, A &&...args)
{
    ItemWriter<F, TypeList<>>::append(out, std::forward<A>(args)...);
}

template<auto F>
PoolArguments argumentsFor()
{
    return ItemWriter<F, TypeList<>>::begin();
}

template<auto F, class Range>
using ItemWriterFor = ItemWriter<F, typename ItemsIn<std::remove_reference_t<Range>>::Bound>;

/*! The bound arguments of a range of items; null: it has none. */
template<auto F, class Range>
PoolBoundPtr boundOf(const Range &items)
{
    return ItemWriterFor<F, Range>::encode(ItemsIn<Range>::bound(items));
}

template<auto F, class Range>
PoolArguments itemsOf(Range &&range)
{
    PoolArguments out = ItemWriterFor<F, Range>::begin(boundOf<F>(range));
    ItemWriterFor<F, Range>::appendAll(out, ItemsIn<std::remove_reference_t<Range>>::range(range));
    return out;
}

template<auto F, class Range>
PoolArguments tuplesOf(Range &&range)
{
    PoolArguments out = ItemWriterFor<F, Range>::begin(boundOf<F>(range));
    for (auto &&item : ItemsIn<std::remove_reference_t<Range>>::range(range))
        ItemWriterFor<F, Range>::appendTuple(out, item);
    return out;
}

} // namespace aio_detail

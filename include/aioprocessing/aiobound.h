// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiomessage.h>

#include <QCoro/QCoroGenerator>

#include <QList>

#include <initializer_list>
#include <tuple>
#include <type_traits>
#include <utility>

template<class... B>
class AioBound;

namespace aio_detail {

template<class T>
struct IsGenerator : std::false_type {};
template<class T>
struct IsGenerator<QCoro::Generator<T>> : std::true_type {};

/*! What AioBound::each() returns. No aggregate: g++ 12 would destroy it twice in a co_await expression. */
template<class Range, class... B>
class BoundItems
{
public:
    template<class R>
    BoundItems(const std::tuple<B...> &arguments, R &&items) : bound(arguments), range(std::forward<R>(items)) {}

    std::tuple<B...> bound;
    Range range;
};

/*! How AioBound keeps an argument: Aio objects by reference, everything else by value. */
template<class A>
using BoundAs = std::conditional_t<isAio<std::remove_cvref_t<A>>, std::remove_reference_t<A> &, std::decay_t<A>>;

} // namespace aio_detail

/*!
 * \class AioBound
 * \brief Arguments that are the same for all tasks of a map.
 *
 * \code
 * QString nearest(const QMap<QString, QPointF> &towns, const QPointF &place);
 * const QStringList names = pool.map<&nearest>(AioBound(towns).each(places));
 * \endcode
 *
 * They are the first arguments of the function, and what is of the item comes after them. What each() returns goes wherever a range of
 * items does: map(), starmap(), coro_imap() and all their forms.
 *
 * Guarantees: they are written once for each map, and go once to each worker that gets an item of it; to one that takes the place of a dead
 * worker as well. There they are read once, and kept until the map is over. (A pool of a manager gets them with each chunk of an imap.)
 *
 * Threads and lifetime: a value, which keeps copies. Aio objects it refers to, and those have to live until the map is over.
 *
 * Errors: as those of the arguments of a task; what cannot be read in a worker is the error of each item.
 *
 * Python: functools.partial() as the function of Pool.map(), which sends them with each chunk.
 *
 * \sa AioPool::map()
 */
template<class... B>
class AioBound
{
public:
    explicit AioBound(B... arguments) : m_arguments(std::forward<B>(arguments)...) {}

    /*! These arguments, and those of each of \a items, of which a copy is kept; views are views, and what is moved here is moved. */
    template<class Range>
    aio_detail::BoundItems<std::decay_t<Range>, B...> each(Range &&items) const
    {
        static_assert(!aio_detail::IsGenerator<std::decay_t<Range>>::value,
                      "AioBound: QCoro::Generator cannot be moved safely (its move constructor copies the handle); collect it into "
                      "a QList");
        return {m_arguments, std::forward<Range>(items)};
    }
    template<class T>
    aio_detail::BoundItems<QList<T>, B...> each(std::initializer_list<T> items) const
    {
        return {m_arguments, QList<T>(items)};
    }

private:
    std::tuple<B...> m_arguments;
};

template<class... A>
AioBound(A &&...) -> AioBound<aio_detail::BoundAs<A>...>;

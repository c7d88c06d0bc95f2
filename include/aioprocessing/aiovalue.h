// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioshareddata.h>

#include <atomic>

/*!
 * \class AioValue
 * \brief A value in shared memory.
 *
 * \code
 * AioValue<int> done(0);
 * AioProcess worker(AioCall::to<&work>(done));        // void work(AioValue<int> &done)
 * done.update([](int n) { return n + 1; });           // nobody's change is lost
 * \endcode
 *
 * Numbers, and other types of 1, 2, 4 or 8 bytes, are read and written atomically: value(), setValue() and update() need no lock and never
 * wait. For larger types hold lock() while reading or writing, or what is read may be half of one value and half of another.
 *
 * `value = value + 1` is two steps, between which others may write; update() is one.
 *
 * Python: multiprocessing.Value; `v.value += 1` there loses changes in the same way.
 *
 * \sa AioArray, AioSharedData
 */
template<AioPlainData T>
class AioValue : public AioSharedData
{
public:
    static constexpr bool IsAtomic = sizeof(T) <= 8 && (sizeof(T) & (sizeof(T) - 1)) == 0 && alignof(T) <= sizeof(T);

    /*! A new value in the default context, or in \a context. */
    explicit AioValue(const T &initial = T(), QObject *parent = nullptr) : AioValue(initial, *AioContext::defaultContext(), parent) {}
    AioValue(const T &initial, AioContext &context, QObject *parent = nullptr)
        : AioSharedData(AioHandle::Value, QMetaType::fromType<T>(), 1, context, parent)
    { setValue(initial); }
    /*! The value that \a handle names. */
    explicit AioValue(const AioHandle &handle, QObject *parent = nullptr)
        : AioSharedData(AioHandle::Value, QMetaType::fromType<T>(), handle, parent) {}

    T value() const
    {
        if constexpr (IsAtomic)
            return std::atomic_ref<T>(place()).load();
        else
            return place();
    }
    operator T() const { return value(); }
    void setValue(const T &value)
    {
        if constexpr (IsAtomic)
            std::atomic_ref<T>(place()).store(value);
        else
            place() = value;
    }
    AioValue &operator=(const T &value)
    {
        setValue(value);
        return *this;
    }

    /*!
     * Changes the value to what \a change makes of it, in one step, and returns that. \a change(T) may be called several times
     * when others change the value meanwhile, so it should do nothing else.
     */
    template<class F> T update(F change) requires IsAtomic
    {
        const std::atomic_ref<T> value(place());
        T before = value.load();
        for (;;) {
            const T after = change(before);
            if (value.compare_exchange_weak(before, after))
                return after;
        }
    }

private:
    T &place() const { return *static_cast<T *>(bytes()); }
};

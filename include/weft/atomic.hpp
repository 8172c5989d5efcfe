// SPDX-License-Identifier: MIT
// Waiting for an atomic to change: std's wait, notify_one and notify_all, that park the task instead of its worker.
//
//   atomic<T>, atomic_ref<T>, atomic_flag   std's, with these three replaced
//   atomic_wait, atomic_notify_*            the same for a std::atomic; std's own functions must not be mixed with them on one object
//
// A waiter is found by the address alone: whose notify_all has been called may destroy the atomic. notify takes a short lock also when
// nobody waits.
#pragma once
#include <weft/wait_list.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

namespace weft {

namespace abi {

/// Waits for a notify at the address, while unchanged(argument) says true; asks again after each. Suspends a task, blocks a foreign
/// kernel thread. Returns early, for no reason, never.
void wait_at(const volatile void* address, bool (*unchanged)(const void* argument) noexcept, const void* argument) noexcept;
void notify_at(const volatile void* address, bool all) noexcept;

template <class Atomic, class T>
void wait_for_change(const volatile void* address, const Atomic& watched, const T& old, std::memory_order order) noexcept {
    struct question {
        const Atomic& watched;
        const T& old;
        std::memory_order order;
    } const q{watched, old, order};
    const auto unchanged = [](const void* argument) noexcept {
        const auto& asked = *static_cast<const question*>(argument);
        const T now = asked.watched.load(asked.order);
        return std::memcmp(&now, &asked.old, sizeof(T)) == 0;
    };
    if (unchanged(&q)) {
        wait_at(address, unchanged, &q);
    }
}

template <class Flag>
void wait_for_flag(const Flag& watched, bool old, std::memory_order order) noexcept {
    struct question {
        const Flag& watched;
        bool old;
        std::memory_order order;
    } const q{watched, old, order};
    const auto unchanged = [](const void* argument) noexcept {
        const auto& asked = *static_cast<const question*>(argument);
        return asked.watched.test(asked.order) == asked.old;
    };
    if (unchanged(&q)) {
        wait_at(&watched, unchanged, &q);
    }
}

} // namespace abi

template <class T>
struct atomic : std::atomic<T> {
    using std::atomic<T>::atomic;
    using std::atomic<T>::operator=;
    constexpr atomic() noexcept(std::is_nothrow_default_constructible_v<T>) = default;
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;
    atomic& operator=(const atomic&) volatile = delete;

    // mo: seq_cst by default, as std's.
    void wait(T old, std::memory_order order = std::memory_order_seq_cst) const noexcept { abi::wait_for_change(this, *this, old, order); }
    // mo: seq_cst by default, as std's.
    void wait(T old, std::memory_order order = std::memory_order_seq_cst) const volatile noexcept {
        abi::wait_for_change(this, *this, old, order);
    }
    void notify_one() noexcept { abi::notify_at(this, false); }
    void notify_one() volatile noexcept { abi::notify_at(this, false); }
    void notify_all() noexcept { abi::notify_at(this, true); }
    void notify_all() volatile noexcept { abi::notify_at(this, true); }
};

template <class T>
atomic(T) -> atomic<T>;

/// std's, of which two for one object meet in their waits. As large as two pointers.
template <class T>
struct atomic_ref : std::atomic_ref<T> {
    explicit atomic_ref(T& object) : std::atomic_ref<T>(object), object_(std::addressof(object)) {}
    atomic_ref(const atomic_ref&) noexcept = default;
    atomic_ref& operator=(const atomic_ref&) = delete;
    using std::atomic_ref<T>::operator=;

    // mo: seq_cst by default, as std's.
    void wait(T old, std::memory_order order = std::memory_order_seq_cst) const noexcept { abi::wait_for_change(object_, *this, old, order); }
    void notify_one() const noexcept { abi::notify_at(object_, false); }
    void notify_all() const noexcept { abi::notify_at(object_, true); }

  private:
    T* object_; // r/o
};

template <class T>
atomic_ref(T&) -> atomic_ref<T>;

struct atomic_flag : std::atomic_flag {
    constexpr atomic_flag() noexcept = default;
    atomic_flag(const atomic_flag&) = delete;
    atomic_flag& operator=(const atomic_flag&) = delete;
    atomic_flag& operator=(const atomic_flag&) volatile = delete;

    // mo: seq_cst by default, as std's.
    void wait(bool old, std::memory_order order = std::memory_order_seq_cst) const noexcept { abi::wait_for_flag(*this, old, order); }
    // mo: seq_cst by default, as std's.
    void wait(bool old, std::memory_order order = std::memory_order_seq_cst) const volatile noexcept { abi::wait_for_flag(*this, old, order); }
    void notify_one() noexcept { abi::notify_at(this, false); }
    void notify_one() volatile noexcept { abi::notify_at(this, false); }
    void notify_all() noexcept { abi::notify_at(this, true); }
    void notify_all() volatile noexcept { abi::notify_at(this, true); }
};

// ---- the free functions; of std's atomics as well, since a weft::atomic is one

template <class T>
void atomic_wait_explicit(const std::atomic<T>* watched, typename std::atomic<T>::value_type old, std::memory_order order) noexcept {
    abi::wait_for_change(watched, *watched, old, order);
}
template <class T>
void atomic_wait_explicit(const volatile std::atomic<T>* watched, typename std::atomic<T>::value_type old,
                          std::memory_order order) noexcept {
    abi::wait_for_change(watched, *watched, old, order);
}
template <class T>
void atomic_wait(const std::atomic<T>* watched, typename std::atomic<T>::value_type old) noexcept {
    // mo: seq_cst: what the caller of std's would get.
    abi::wait_for_change(watched, *watched, old, std::memory_order_seq_cst);
}
template <class T>
void atomic_wait(const volatile std::atomic<T>* watched, typename std::atomic<T>::value_type old) noexcept {
    // mo: seq_cst: what the caller of std's would get.
    abi::wait_for_change(watched, *watched, old, std::memory_order_seq_cst);
}
template <class T>
void atomic_notify_one(std::atomic<T>* watched) noexcept {
    abi::notify_at(watched, false);
}
template <class T>
void atomic_notify_one(volatile std::atomic<T>* watched) noexcept {
    abi::notify_at(watched, false);
}
template <class T>
void atomic_notify_all(std::atomic<T>* watched) noexcept {
    abi::notify_at(watched, true);
}
template <class T>
void atomic_notify_all(volatile std::atomic<T>* watched) noexcept {
    abi::notify_at(watched, true);
}

// The same for a weft::atomic alone: where std's are found as well, by the base class, these are the better match.
template <class T>
void atomic_wait_explicit(const atomic<T>* watched, typename std::atomic<T>::value_type old, std::memory_order order) noexcept {
    watched->wait(old, order);
}
template <class T>
void atomic_wait_explicit(const volatile atomic<T>* watched, typename std::atomic<T>::value_type old, std::memory_order order) noexcept {
    watched->wait(old, order);
}
template <class T>
void atomic_wait(const atomic<T>* watched, typename std::atomic<T>::value_type old) noexcept {
    watched->wait(old);
}
template <class T>
void atomic_wait(const volatile atomic<T>* watched, typename std::atomic<T>::value_type old) noexcept {
    watched->wait(old);
}
template <class T>
void atomic_notify_one(atomic<T>* watched) noexcept {
    watched->notify_one();
}
template <class T>
void atomic_notify_one(volatile atomic<T>* watched) noexcept {
    watched->notify_one();
}
template <class T>
void atomic_notify_all(atomic<T>* watched) noexcept {
    watched->notify_all();
}
template <class T>
void atomic_notify_all(volatile atomic<T>* watched) noexcept {
    watched->notify_all();
}

inline void atomic_flag_wait(const atomic_flag* flag, bool old) noexcept {
    flag->wait(old);
}
inline void atomic_flag_wait(const volatile atomic_flag* flag, bool old) noexcept {
    flag->wait(old);
}
inline void atomic_flag_wait_explicit(const atomic_flag* flag, bool old, std::memory_order order) noexcept {
    flag->wait(old, order);
}
inline void atomic_flag_wait_explicit(const volatile atomic_flag* flag, bool old, std::memory_order order) noexcept {
    flag->wait(old, order);
}
inline void atomic_flag_notify_one(atomic_flag* flag) noexcept {
    flag->notify_one();
}
inline void atomic_flag_notify_one(volatile atomic_flag* flag) noexcept {
    flag->notify_one();
}
inline void atomic_flag_notify_all(atomic_flag* flag) noexcept {
    flag->notify_all();
}
inline void atomic_flag_notify_all(volatile atomic_flag* flag) noexcept {
    flag->notify_all();
}

// Some libraries lack std's.
[[nodiscard]] inline bool atomic_flag_test(const atomic_flag* flag) noexcept {
    return flag->test();
}
[[nodiscard]] inline bool atomic_flag_test(const volatile atomic_flag* flag) noexcept {
    return flag->test();
}
[[nodiscard]] inline bool atomic_flag_test_explicit(const atomic_flag* flag, std::memory_order order) noexcept {
    return flag->test(order);
}
[[nodiscard]] inline bool atomic_flag_test_explicit(const volatile atomic_flag* flag, std::memory_order order) noexcept {
    return flag->test(order);
}

// ---- std's own, so that a namespace swap finds them

using std::atomic_compare_exchange_strong, std::atomic_compare_exchange_strong_explicit, std::atomic_compare_exchange_weak,
    std::atomic_compare_exchange_weak_explicit, std::atomic_exchange, std::atomic_exchange_explicit, std::atomic_fetch_add,
    std::atomic_fetch_add_explicit, std::atomic_fetch_and, std::atomic_fetch_and_explicit, std::atomic_fetch_or,
    std::atomic_fetch_or_explicit, std::atomic_fetch_sub, std::atomic_fetch_sub_explicit, std::atomic_fetch_xor,
    std::atomic_fetch_xor_explicit, std::atomic_is_lock_free, std::atomic_load, std::atomic_load_explicit, std::atomic_store,
    std::atomic_store_explicit;
using std::atomic_flag_clear, std::atomic_flag_clear_explicit, std::atomic_flag_test_and_set, std::atomic_flag_test_and_set_explicit;
using std::atomic_signal_fence, std::atomic_thread_fence, std::kill_dependency, std::memory_order;
// mo: std's names, for the user.
using std::memory_order_acq_rel, std::memory_order_acquire, std::memory_order_consume, std::memory_order_relaxed, std::memory_order_release, std::memory_order_seq_cst;

using atomic_bool = atomic<bool>;
using atomic_char = atomic<char>;
using atomic_schar = atomic<signed char>;
using atomic_uchar = atomic<unsigned char>;
using atomic_short = atomic<short>;
using atomic_ushort = atomic<unsigned short>;
using atomic_int = atomic<int>;
using atomic_uint = atomic<unsigned>;
using atomic_long = atomic<long>;
using atomic_ulong = atomic<unsigned long>;
using atomic_llong = atomic<long long>;
using atomic_ullong = atomic<unsigned long long>;
using atomic_int32_t = atomic<std::int32_t>;
using atomic_uint32_t = atomic<std::uint32_t>;
using atomic_int64_t = atomic<std::int64_t>;
using atomic_uint64_t = atomic<std::uint64_t>;
using atomic_size_t = atomic<std::size_t>;
using atomic_ptrdiff_t = atomic<std::ptrdiff_t>;
using atomic_intptr_t = atomic<std::intptr_t>;
using atomic_uintptr_t = atomic<std::uintptr_t>;

} // namespace weft

// SPDX-License-Identifier: MIT
// Waiting for an atomic to change: std's wait, notify_one and notify_all, that park the task instead of its worker.
//
//   atomic<T>, atomic_flag        std's, with these three replaced
//   atomic_wait, atomic_notify_*  the same for a std::atomic; std's own functions must not be mixed with them on one object
//
// A waiter is found by the address alone: whose notify_all has been called may destroy the atomic. notify takes a short lock also when
// nobody waits.
#pragma once
#include <weft/wait_list.hpp>

#include <atomic>
#include <cstring>
#include <type_traits>

namespace weft {

namespace abi {

/// Waits for a notify at the address, while unchanged(argument) says true; asks again after each. Suspends a task, blocks a foreign
/// kernel thread. Returns early, for no reason, never.
void wait_at(const volatile void* address, bool (*unchanged)(const void* argument) noexcept, const void* argument) noexcept;
void notify_at(const volatile void* address, bool all) noexcept;

template <class Atomic, class T>
void wait_for_change(const Atomic& watched, const T& old, std::memory_order order) noexcept {
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
        wait_at(&watched, unchanged, &q);
    }
}

} // namespace abi

template <class T>
void atomic_wait_explicit(const std::atomic<T>* watched, typename std::atomic<T>::value_type old, std::memory_order order) noexcept {
    abi::wait_for_change(*watched, old, order);
}
template <class T>
void atomic_wait(const std::atomic<T>* watched, typename std::atomic<T>::value_type old) noexcept {
    // mo: seq_cst: what the caller of std's would get.
    abi::wait_for_change(*watched, old, std::memory_order_seq_cst);
}
template <class T>
void atomic_notify_one(std::atomic<T>* watched) noexcept {
    abi::notify_at(watched, false);
}
template <class T>
void atomic_notify_all(std::atomic<T>* watched) noexcept {
    abi::notify_at(watched, true);
}

template <class T>
struct atomic : std::atomic<T> {
    using std::atomic<T>::atomic;
    using std::atomic<T>::operator=;
    constexpr atomic() noexcept(std::is_nothrow_default_constructible_v<T>) = default;
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;
    atomic& operator=(const atomic&) volatile = delete;

    // mo: seq_cst by default, as std's.
    void wait(T old, std::memory_order order = std::memory_order_seq_cst) const noexcept { abi::wait_for_change(*this, old, order); }
    // mo: seq_cst by default, as std's.
    void wait(T old, std::memory_order order = std::memory_order_seq_cst) const volatile noexcept { abi::wait_for_change(*this, old, order); }
    void notify_one() noexcept { abi::notify_at(this, false); }
    void notify_one() volatile noexcept { abi::notify_at(this, false); }
    void notify_all() noexcept { abi::notify_at(this, true); }
    void notify_all() volatile noexcept { abi::notify_at(this, true); }
};

template <class T>
atomic(T) -> atomic<T>;

template <class T>
void atomic_wait_explicit(const atomic<T>* watched, typename std::atomic<T>::value_type old, std::memory_order order) noexcept {
    watched->wait(old, order);
}
template <class T>
void atomic_wait(const atomic<T>* watched, typename std::atomic<T>::value_type old) noexcept {
    watched->wait(old);
}
template <class T>
void atomic_notify_one(atomic<T>* watched) noexcept {
    watched->notify_one();
}
template <class T>
void atomic_notify_all(atomic<T>* watched) noexcept {
    watched->notify_all();
}

struct atomic_flag : std::atomic_flag {
    constexpr atomic_flag() noexcept = default;
    atomic_flag(const atomic_flag&) = delete;
    atomic_flag& operator=(const atomic_flag&) = delete;
    atomic_flag& operator=(const atomic_flag&) volatile = delete;

    // mo: seq_cst by default, as std's.
    void wait(bool old, std::memory_order order = std::memory_order_seq_cst) const noexcept {
        struct question {
            const std::atomic_flag& flag;
            bool old;
            std::memory_order order;
        } const q{*this, old, order};
        const auto unchanged = [](const void* argument) noexcept {
            const auto& asked = *static_cast<const question*>(argument);
            return asked.flag.test(asked.order) == asked.old;
        };
        if (unchanged(&q)) {
            abi::wait_at(this, unchanged, &q);
        }
    }
    void notify_one() noexcept { abi::notify_at(this, false); }
    void notify_all() noexcept { abi::notify_at(this, true); }
};

inline void atomic_flag_wait(const atomic_flag* flag, bool old) noexcept {
    flag->wait(old);
}
inline void atomic_flag_wait_explicit(const atomic_flag* flag, bool old, std::memory_order order) noexcept {
    flag->wait(old, order);
}
inline void atomic_flag_notify_one(atomic_flag* flag) noexcept {
    flag->notify_one();
}
inline void atomic_flag_notify_all(atomic_flag* flag) noexcept {
    flag->notify_all();
}

} // namespace weft

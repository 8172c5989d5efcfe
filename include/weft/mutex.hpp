// SPDX-License-Identifier: MIT
// mutex, timed_mutex, recursive_mutex, recursive_timed_mutex, once_flag and call_once: std's, for tasks and kernel threads alike. Who
// waits parks its task, never the worker; a kernel thread that runs no task blocks.
//
// Price: uncontended, lock and unlock are one atomic read-modify-write each. Policy under contention, in runtime/sync/mutex.cpp: a short
// spin where another CPU may run the holder; then first come, first served, where a newcomer may still overtake who was woken and has
// not run yet; who was overtaken three times is handed the mutex directly. unlock synchronises with the lock that follows it.
//
// Preconditions of std that are checked, by a panic: unlock of a mutex that nobody holds (of a recursive one: that another holds), and
// the end of a mutex that is held or waited for. A lock() by the holder of a non-recursive mutex waits for ever; its try_lock() is false.
#pragma once
#include <weft/deadline.hpp>
#include <weft/wait_list.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

namespace weft {

namespace abi {

/// A number for the running task, or for the kernel thread when it runs none. Unique in the life of the process, never 0.
[[nodiscard]] std::uint64_t agent_number() noexcept;

/// What all mutexes are made of.
class mutex_core {
  public:
    constexpr mutex_core() noexcept = default;
    mutex_core(const mutex_core&) = delete;
    mutex_core& operator=(const mutex_core&) = delete;
    ~mutex_core() {
        // mo: relaxed: nobody else may be near.
        if (word_.load(std::memory_order_relaxed) != 0) {
            destroyed_in_use();
        }
    }

    void lock() {
        // Not a CAS from 0: while a woken waiter is on its way the word is not 0, and a lock then is as quick as any.
        // mo: acquire -> the CASes of unlock and the store of unlock_and_wake: what the last holder wrote.
        if ((word_.fetch_or(locked, std::memory_order_acquire) & locked) != 0) [[unlikely]] {
            (void)lock_slowly(no_deadline);
        }
    }
    [[nodiscard]] bool try_lock() noexcept {
        // mo: relaxed: a look; the CAS takes.
        std::uint32_t seen = word_.load(std::memory_order_relaxed);
        while ((seen & locked) == 0) {
            // mo: acquire, relaxed: as in lock().
            if (word_.compare_exchange_weak(seen, seen | locked, std::memory_order_acquire, std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] bool try_lock_until(std::uint64_t deadline_ns) { return try_lock() || lock_slowly(deadline_ns); }
    void unlock() noexcept {
        // mo: relaxed: a look; the CAS decides. It is the holder's own line, unless somebody came meanwhile.
        std::uint32_t seen = word_.load(std::memory_order_relaxed);
        const bool plain = (seen & locked) != 0 && !must_wake(seen);
        // mo: release -> lock's fetch_or and the CASes that take: what we wrote. Failure relaxed: the slow path looks again.
        if (!plain || !word_.compare_exchange_strong(seen, seen & ~locked, std::memory_order_release, std::memory_order_relaxed)) [[unlikely]] {
            unlock_slowly();
        }
    }

    /// A waiter of a condition variable was woken: takes the mutex; note is its node's.
    void lock_after_wait(std::uintptr_t note);
    /// Takes over a node that was taken quietly and sleeps, in a section whose second key is the address of this: it is woken when its turn to
    /// lock comes. After the last one, pass_on() once.
    void adopt(wait_section& both, wait_node& sleeping) noexcept;
    void pass_on(wait_section& both) noexcept;

  private:
    static constexpr std::uint32_t locked = 1, queued = 2, woken = 4;
    /// Somebody waits, and nobody is under way: who unlocks has to wake one.
    [[nodiscard]] static constexpr bool must_wake(std::uint32_t word) noexcept { return (word & (queued | woken)) == queued; }

    [[nodiscard]] bool lock_slowly(std::uint64_t deadline_ns, unsigned overtaken = 0);
    [[nodiscard]] bool spin() noexcept;
    [[nodiscard]] bool take_or_queue(bool was_woken) noexcept;
    [[nodiscard]] wait_node* take_next(wait_section& held) noexcept;
    void unlock_slowly() noexcept;
    [[nodiscard]] bool unlock_and_wake() noexcept;
    [[noreturn]] void destroyed_in_use() const noexcept;

    std::atomic<std::uint32_t> word_{0}; // atomic, see mo and the drawing in runtime/sync/mutex.cpp
    wait_list waiters_;                  // guarded by its section
};

/// What the recursive ones add.
class recursive_core {
  public:
    constexpr recursive_core() noexcept = default;
    /// Throws std::system_error (resource_unavailable_try_again) when it is held as often as can be counted.
    void lock();
    [[nodiscard]] bool try_lock() noexcept;
    [[nodiscard]] bool try_lock_until(std::uint64_t deadline_ns);
    void unlock() noexcept;

  private:
    enum class again : unsigned char { stranger, counted, full };
    [[nodiscard]] again lock_again(std::uint64_t me) noexcept;
    void own(std::uint64_t me) noexcept;

    mutex_core core_;
    std::atomic<std::uint64_t> owner_{0}; // written by the holder; others only compare it with themselves
    std::uint32_t depth_ = 0;             // owner: the holder
};

/// The timed half of a mutex, over try_lock_until(ns).
template <class Core, class Rep, class Period>
[[nodiscard]] bool lock_within(Core& core, const std::chrono::duration<Rep, Period>& duration) {
    return core.try_lock() || (duration > duration.zero() && core.try_lock_until(deadline_after(duration)));
}
template <class Core, class Clock, class Duration>
[[nodiscard]] bool lock_before(Core& core, const std::chrono::time_point<Clock, Duration>& when) {
    return core.try_lock() || attempt_until(when, [&core](std::uint64_t deadline_ns) { return core.try_lock_until(deadline_ns); });
}

} // namespace abi

class condition_variable;
class condition_variable_any;

class mutex {
  public:
    constexpr mutex() noexcept = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    /// Suspends while another holds it.
    void lock() { core_.lock(); }
    /// Never suspends.
    [[nodiscard]] bool try_lock() noexcept { return core_.try_lock(); }
    /// Does not suspend.
    void unlock() noexcept { core_.unlock(); }

  private:
    friend class condition_variable;
    friend class condition_variable_any;
    abi::mutex_core core_;
};

class timed_mutex {
  public:
    constexpr timed_mutex() noexcept = default;
    timed_mutex(const timed_mutex&) = delete;
    timed_mutex& operator=(const timed_mutex&) = delete;

    void lock() { core_.lock(); }
    [[nodiscard]] bool try_lock() noexcept { return core_.try_lock(); }
    /// Both suspend until they have it or the time is over. Throw std::bad_alloc, and what the clock throws.
    template <class Rep, class Period>
    [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& duration) {
        return abi::lock_within(core_, duration);
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) {
        return abi::lock_before(core_, when);
    }
    void unlock() noexcept { core_.unlock(); }

  private:
    abi::mutex_core core_;
};

/// The owner is the task, or the kernel thread when it runs none.
class recursive_mutex {
  public:
    constexpr recursive_mutex() noexcept = default;
    recursive_mutex(const recursive_mutex&) = delete;
    recursive_mutex& operator=(const recursive_mutex&) = delete;

    void lock() { core_.lock(); }
    [[nodiscard]] bool try_lock() noexcept { return core_.try_lock(); }
    void unlock() noexcept { core_.unlock(); }

  private:
    abi::recursive_core core_;
};

class recursive_timed_mutex {
  public:
    constexpr recursive_timed_mutex() noexcept = default;
    recursive_timed_mutex(const recursive_timed_mutex&) = delete;
    recursive_timed_mutex& operator=(const recursive_timed_mutex&) = delete;

    void lock() { core_.lock(); }
    [[nodiscard]] bool try_lock() noexcept { return core_.try_lock(); }
    template <class Rep, class Period>
    [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& duration) {
        return abi::lock_within(core_, duration);
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) {
        return abi::lock_before(core_, when);
    }
    void unlock() noexcept { core_.unlock(); }

  private:
    abi::recursive_core core_;
};

// ---- call_once

class once_flag {
  public:
    constexpr once_flag() noexcept = default;
    once_flag(const once_flag&) = delete;
    once_flag& operator=(const once_flag&) = delete;

  private:
    template <class F, class... Arguments>
    friend void call_once(once_flag& flag, F&& f, Arguments&&... arguments);

    static constexpr std::uint32_t untried = 0, running = 1, done = 2;

    /// True: it is ours to call, and then to end. False: it was done. Suspends while another is at it.
    [[nodiscard]] bool begin();
    void end(bool returned) noexcept;

    struct attempt {
        once_flag& flag;
        bool returned = false;
        ~attempt() { flag.end(returned); }
    };

    std::atomic<std::uint32_t> state_{untried}; // atomic, see mo
    abi::wait_list waiters_;                    // guarded by its section
};

/// Calls f once for the flag, whoever comes first; the others suspend until it has returned. When it throws, the exception passes, and
/// one of those who wait tries next. The return synchronises with every call_once of the flag that returns after it.
template <class F, class... Arguments>
void call_once(once_flag& flag, F&& f, Arguments&&... arguments) {
    // mo: acquire -> end()'s store: what f did.
    if (flag.state_.load(std::memory_order_acquire) == once_flag::done || !flag.begin()) {
        return;
    }
    once_flag::attempt ours{flag};
    std::invoke(std::forward<F>(f), std::forward<Arguments>(arguments)...);
    ours.returned = true;
}

// ---- std's own, so that a namespace swap finds them

using std::adopt_lock;
using std::adopt_lock_t;
using std::defer_lock;
using std::defer_lock_t;
using std::lock;
using std::lock_guard;
using std::scoped_lock;
using std::swap;
using std::try_lock;
using std::try_to_lock;
using std::try_to_lock_t;
using std::unique_lock;

} // namespace weft

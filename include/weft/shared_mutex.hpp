// SPDX-License-Identifier: MIT
// shared_mutex, shared_timed_mutex: std's, for tasks and kernel threads alike.
//
// First come, first served: once somebody waits, whoever comes later waits behind, so neither readers nor writers starve. Whoever gives
// it back hands it to the first in line, and with a reader to all readers up to the next writer. Uncontended, each call is one
// compare-and-swap; waiting for a writer that another CPU runs begins with a short spin.
//
// Checked, by a panic: unlock and unlock_shared of what is not held so, and the end of one that is held or waited for.
#pragma once
#include <weft/deadline.hpp>
#include <weft/wait_list.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <shared_mutex>

namespace weft {

namespace abi {

class shared_mutex_core {
  public:
    constexpr shared_mutex_core() noexcept = default;
    shared_mutex_core(const shared_mutex_core&) = delete;
    shared_mutex_core& operator=(const shared_mutex_core&) = delete;
    ~shared_mutex_core() {
        // mo: relaxed: nobody else may be near.
        if (word_.load(std::memory_order_relaxed) != 0) {
            destroyed_in_use();
        }
    }

    void lock() { (void)lock_until(no_deadline); }
    [[nodiscard]] bool lock_until(std::uint64_t deadline_ns) { return try_lock() || wait_for(writer, deadline_ns); }
    [[nodiscard]] bool try_lock() noexcept {
        std::uint32_t free = 0;
        // mo: acquire -> what gave it back: all that the holders before wrote. Failure relaxed: nothing is read.
        return word_.compare_exchange_strong(free, writer, std::memory_order_acquire, std::memory_order_relaxed);
    }
    void unlock() noexcept {
        std::uint32_t held = writer;
        // mo: release -> try_lock's and try_lock_shared's CAS: what we wrote. Failure relaxed: the slow path looks again.
        if (!word_.compare_exchange_strong(held, 0, std::memory_order_release, std::memory_order_relaxed)) [[unlikely]] {
            unlock_slowly();
        }
    }

    void lock_shared() { (void)lock_shared_until(no_deadline); }
    [[nodiscard]] bool lock_shared_until(std::uint64_t deadline_ns) { return try_lock_shared() || wait_for(reader, deadline_ns); }
    [[nodiscard]] bool try_lock_shared() noexcept {
        // mo: relaxed: a look; the CAS takes.
        std::uint32_t seen = word_.load(std::memory_order_relaxed);
        while ((seen & (writer | queued)) == 0 && seen != most_readers) {
            // mo: acquire, relaxed: as in try_lock.
            if (word_.compare_exchange_weak(seen, seen + reader, std::memory_order_acquire, std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }
    void unlock_shared() noexcept;

  private:
    friend place_in_line<shared_mutex_core>;

    // The word: how many read, is there a writer, does somebody wait (changed in the section only).
    static constexpr std::uint32_t reader = 1, most_readers = (1u << 30) - 1, queued = 1u << 30, writer = 1u << 31;

    [[nodiscard]] bool wait_for(std::uint32_t wanted, std::uint64_t deadline_ns);
    [[nodiscard]] bool spin(std::uint32_t wanted) noexcept;
    [[nodiscard]] bool take_or_queue(std::uint32_t wanted) noexcept;
    [[nodiscard]] std::uint32_t next_in_line(wait_section& held, bool readers_inside) noexcept;
    void leave(wait_node& node) noexcept;
    void unlock_slowly() noexcept;
    [[noreturn]] static void destroyed_in_use() noexcept;

    std::atomic<std::uint32_t> word_{0}; // atomic, see mo
    wait_list waiters_;                  // guarded by the section of this; a node's note is what it wants
};

} // namespace abi

class shared_mutex {
  public:
    constexpr shared_mutex() noexcept = default;
    shared_mutex(const shared_mutex&) = delete;
    shared_mutex& operator=(const shared_mutex&) = delete;

    /// lock and lock_shared suspend, the others do not.
    void lock() { core_.lock(); }
    [[nodiscard]] bool try_lock() noexcept { return core_.try_lock(); }
    void unlock() noexcept { core_.unlock(); }

    void lock_shared() { core_.lock_shared(); }
    [[nodiscard]] bool try_lock_shared() noexcept { return core_.try_lock_shared(); }
    void unlock_shared() noexcept { core_.unlock_shared(); }

  private:
    abi::shared_mutex_core core_;
};

class shared_timed_mutex {
  public:
    constexpr shared_timed_mutex() noexcept = default;
    shared_timed_mutex(const shared_timed_mutex&) = delete;
    shared_timed_mutex& operator=(const shared_timed_mutex&) = delete;

    void lock() { core_.lock(); }
    [[nodiscard]] bool try_lock() noexcept { return core_.try_lock(); }
    /// The timed ones throw std::bad_alloc, and what the clock throws.
    template <class Rep, class Period>
    [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& duration) {
        return core_.try_lock() || (duration > duration.zero() && core_.lock_until(abi::deadline_after(duration)));
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) {
        return core_.try_lock() || abi::attempt_until(when, [this](std::uint64_t deadline_ns) { return core_.lock_until(deadline_ns); });
    }
    void unlock() noexcept { core_.unlock(); }

    void lock_shared() { core_.lock_shared(); }
    [[nodiscard]] bool try_lock_shared() noexcept { return core_.try_lock_shared(); }
    template <class Rep, class Period>
    [[nodiscard]] bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& duration) {
        return core_.try_lock_shared() || (duration > duration.zero() && core_.lock_shared_until(abi::deadline_after(duration)));
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& when) {
        return core_.try_lock_shared() ||
               abi::attempt_until(when, [this](std::uint64_t deadline_ns) { return core_.lock_shared_until(deadline_ns); });
    }
    void unlock_shared() noexcept { core_.unlock_shared(); }

  private:
    abi::shared_mutex_core core_;
};

using std::shared_lock;

} // namespace weft

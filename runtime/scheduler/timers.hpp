// SPDX-License-Identifier: MIT
// The runtime's timers and who watches the clock for them.
//
// One parked worker at a time is the timekeeper: it sleeps until the earliest deadline, the others sleep without limit, so a
// thousand sleeping tasks cost one timed futex wait. Running workers look at the earliest deadline every so many
// picks. The role is guarded by the same lock as the heap, so "the keeper computed its deadline" and "a timer came
// before that deadline" cannot cross: whoever inserts an earlier timer sees the keeper and wakes it.
//
// A keeper that wakes resigns, and looks at the timers itself until it either parks again or is about to run a task; then, like
// every worker that ends a search with a task, it wakes a parked worker as the next keeper if there is none. A worker that parks asks for the role after it has put itself
// on the idle list: so either it becomes the keeper, or the keeper that resigns later finds it there.
//
// I1  earliest_ is the heap's earliest deadline, or never, whenever lock_ is free.
// I2  If the heap is not empty and a worker is parked, then there is a keeper, or a worker is awake that will become it or wake one.
// tests/model/timekeeper.pml checks it.
#pragma once
#include "base/cache_line.hpp"
#include "kernel/clock.hpp"
#include "kernel/lock.hpp"
#include "scheduler/parker.hpp"
#include "time/timer_heap.hpp"
#include <atomic>
#include <cstdint>

namespace weft::scheduler {

class alignas(base::cache_line) timers {
  public:
    /// Room for one more insert(), which then cannot fail. Throws std::bad_alloc.
    void reserve();

    /// After reserve(). Wakes the keeper if it sleeps too long for this timer. False when there is no keeper: the caller
    /// wakes a parked worker, if there is one, and that will become it. The timer may fire before this returns.
    [[nodiscard]] bool insert(time::timer& t) noexcept;

    /// Takes a timer out before it fires. False when it has fired or is about to, on another thread: then its memory must live until
    /// its fire() has been called.
    [[nodiscard]] bool remove(time::timer& t) noexcept;

    /// Fires all that is due; returns how many. fire() runs without the lock. Cheap when nothing is due.
    unsigned fire_due() noexcept { return pending() ? fire_due(kernel::monotonic_ns()) : 0; }
    unsigned fire_due(std::uint64_t now) noexcept;

    /// A worker that is about to park on `sleep` offers to watch the clock. Returns the deadline to sleep until: the earliest
    /// if it is now the keeper, else never.
    [[nodiscard]] std::uint64_t become_keeper(parker& sleep) noexcept;
    /// The worker has woken: gives the role back, if it had it.
    void resign_keeper(parker& sleep) noexcept;
    [[nodiscard]] bool is_keeper(const parker& sleep) noexcept;

    /// Gives back the heap's memory when it is much more than the timers in it need, and more than `keep` timers do.
    void trim() noexcept;
    static constexpr std::size_t keep = 1024;

    [[nodiscard]] bool pending() const noexcept { return earliest() != kernel::never; }
    [[nodiscard]] std::uint64_t earliest() const noexcept {
        // mo: relaxed: a hint; the heap itself is read under the lock.
        return earliest_.load(std::memory_order_relaxed);
    }
    /// True when timers are pending and nobody parked watches the clock.
    [[nodiscard]] bool lacks_keeper() noexcept;
    [[nodiscard]] std::size_t size() noexcept {
        kernel::guard hold(lock_);
        return heap_.size();
    }

  private:
    void publish_earliest() noexcept {
        // mo: relaxed: a hint for running workers; see earliest().
        earliest_.store(heap_.empty() ? kernel::never : heap_.earliest(), std::memory_order_relaxed);
    }

    kernel::lock lock_;
    time::timer_heap heap_;                                // guarded by lock_
    std::size_t reserved_ = 0;                             // guarded by lock_: inserts to come
    parker* keeper_ = nullptr;                             // guarded by lock_: on what the keeper sleeps
    std::uint64_t keeper_deadline_ = kernel::never;        // guarded by lock_
    std::atomic<std::uint64_t> earliest_{kernel::never};   // written under lock_, read by anybody
};

} // namespace weft::scheduler

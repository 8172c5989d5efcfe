// SPDX-License-Identifier: MIT
// Who searches, who is parked, and how neither a wake-up is lost nor a herd woken.
//
// One searching worker per wake chain: whoever makes work wakes a parked worker only when nobody searches already; a
// searcher that finds work and was the last one wakes the next, if there is more. So a burst of n tasks wakes one
// worker, which wakes one, ...; and a steady trickle that a spinning searcher can take wakes nobody.
//
// No lost wake-up, in two columns (the word holds the counts of parked and searching workers):
//
//   producer                                  worker that goes idle
//   P1  put the task into a queue             W1  word: parked + 1 (searching - 1), itself on the list
//   P2  fence                                 W2  fence
//   P3  read word:                            W3  look at every queue:
//       a searcher? then it is its turn           something there? withdraw, search again
//       parked, no searcher? wake one             nothing: sleep on its own token
//
// P2 and W2 order each column's write before its read, so either P3 sees W1 (and wakes) or W3 sees P1 (and withdraws).
// When P3 sees a searcher, that searcher's own W1 or end_search() comes later, and a look at every queue follows both. A wake
// that arrives between W3 and the sleep leaves a token (parker.hpp). tests/model/idle.pml checks the argument.
//
// Rejected: waking on every push (a futex wake costs 10 to 50 us of somebody's time); a semaphore that counts tasks
// (a contended word on each spawn); no searcher, wake only (each short task pays a wake-up).
// Reference: Go runtime, proc.go, "Worker thread parking/unparking" (the same chain of searchers).
//
// I1  word.parked equals the length of the list when lock_ is free.
// I2  A worker on the list is taken off by exactly one: a claimer, or itself by withdraw().
#pragma once
#include "base/cache_line.hpp"
#include "kernel/lock.hpp"
#include <atomic>
#include <cstdint>

namespace weft::scheduler {

class worker;

class alignas(base::cache_line) idle_set {
  public:
    /// A worker with nothing to do asks to search; refused while half of the workers do already. Not a promise to find.
    [[nodiscard]] bool try_begin_search(unsigned workers) noexcept;

    /// Returns true when the last searcher left: it must look at every queue and wake another if it sees work.
    [[nodiscard]] bool end_search() noexcept;

    /// W1: puts the worker on the list. `w` must look at every queue afterwards.
    void park(worker& w) noexcept;

    /// Takes w off the list again, as a searcher. False: a claimer was faster, w's token is under way.
    [[nodiscard]] bool withdraw(worker& w) noexcept;

    /// Takes a worker that has no kernel thread off the list, `preferred` if it is there, else any; null if none.
    /// It goes on as a running worker, not as a searcher.
    [[nodiscard]] worker* reclaim_without_carrier(worker& preferred) noexcept;

    /// P2 and P3: a parked worker to wake, now counted as searching, or null when none needs to be woken.
    [[nodiscard]] worker* claim_for_work() noexcept;

    /// Any parked worker, now counted as searching, even if somebody searches; null when none is parked.
    [[nodiscard]] worker* claim_any() noexcept;

    /// As claim_any, but only a worker that has a kernel thread.
    [[nodiscard]] worker* claim_with_carrier() noexcept;

    [[nodiscard]] unsigned parked() const noexcept {
        // mo: relaxed: for hints and dumps.
        return parked_in(word_.load(std::memory_order_relaxed));
    }
    [[nodiscard]] unsigned searching() const noexcept {
        // mo: relaxed: for hints and dumps.
        return searching_in(word_.load(std::memory_order_relaxed));
    }

  private:
    static constexpr std::uint64_t one_parked = 1;
    static constexpr std::uint64_t one_searching = std::uint64_t{1} << 32;
    static unsigned parked_in(std::uint64_t word) noexcept { return static_cast<unsigned>(word); }
    static unsigned searching_in(std::uint64_t word) noexcept { return static_cast<unsigned>(word >> 32); }

    void unlink_locked(worker& w) noexcept;
    worker* claim_locked(worker* w) noexcept;

    std::atomic<std::uint64_t> word_{0}; // atomic, see mo
    kernel::lock lock_;
    worker* top_ = nullptr; // guarded by lock_; the last parked is the warmest
};

} // namespace weft::scheduler

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
// (For a task in the slot P1 and P2 are one exchange: claim_for_pushed_work.)
// P2 and W2 order each column's write before its read, so either P3 sees W1 (and wakes) or W3 sees P1 (and withdraws).
// When P3 sees a searcher, that searcher's own W1 or end_search() comes later, and a fence and a look at every queue follow
// both; a searcher may sleep for a moment before that (carrier::doze), and what relied on it waits as long. A wake that arrives
// between W3 and the sleep leaves a token (parker.hpp).
//
// A worker may be on the list without a kernel thread: its task took the kernel thread into blocking(). Who claims it finds it a
// spare; if there is none to be had, the worker goes back on the list as in W1, and W2 and W3 follow there too, since producers
// relied on it meanwhile (runtime_core::wake). tests/model/idle.pml checks the argument.
//
// The list is claimed from the front. At its back stand those whom it costs more to wake: the timekeeper (timers.hpp), who needs
// a successor, and workers without a kernel thread.
//
// Rejected: waking on every push (a futex wake costs 10 to 50 us of somebody's time); a semaphore that counts tasks
// (a contended word on each spawn); no searcher, wake only (each short task pays a wake-up).
// Reference: Go runtime, proc.go, "Worker thread parking/unparking" (the same chain of searchers).
//
// I1  word.parked equals the length of the list when lock_ is free.
// I2  A worker on the list is taken off by exactly one: a claimer, itself by withdraw(), or a task that leaves blocking().
// I3  A claimer learns the worker's carrier while it still holds lock_: the carrier may be awake for another reason (a deadline, a
//     left-over token), find itself claimed and go on, even into blocking(), before the claimer's wake arrives.
#pragma once
#include "base/cache_line.hpp"
#include "kernel/lock.hpp"
#include <atomic>
#include <cstdint>

namespace weft::scheduler {

class worker;
class carrier;

/// A worker taken off the list, now counted as searching, and who runs it: null when it has no kernel thread.
struct claim {
    worker* claimed = nullptr;
    carrier* on = nullptr;
    explicit operator bool() const noexcept { return claimed != nullptr; }
};

enum class idle_place { front, back };

class alignas(base::cache_line) idle_set {
  public:
    /// A worker with nothing to do asks to search; refused while half of the workers do already. Not a promise to find.
    [[nodiscard]] bool try_begin_search(unsigned workers) noexcept;

    /// Returns true when the last searcher left: it must look at every queue, after a fence, and wake another if it sees work.
    [[nodiscard]] bool end_search() noexcept;

    /// W1: puts the worker on the list. The caller fences and looks at every queue afterwards.
    void park(worker& w, idle_place where) noexcept;

    /// Takes w off the list again, as a searcher. False: a claimer was faster, w's token is under way.
    [[nodiscard]] bool withdraw(worker& w) noexcept;

    /// Takes a worker that has no kernel thread off the list, `preferred` if it is there, else any; null if none.
    /// It goes on as a running worker, not as a searcher.
    [[nodiscard]] worker* reclaim_without_carrier(worker& preferred) noexcept;

    /// P2 and P3: a parked worker to wake, or none when none needs to be woken.
    [[nodiscard]] claim claim_for_work() noexcept;
    /// P3 alone, after a push that was a sequentially consistent read-modify-write: that is P1 and P2 in one.
    [[nodiscard]] claim claim_for_pushed_work() noexcept;

    /// Any parked worker, even if somebody searches; none when none is parked.
    [[nodiscard]] claim claim_any() noexcept;

    /// As claim_any, but only a worker that has a kernel thread.
    [[nodiscard]] claim claim_with_carrier() noexcept;

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
    claim claim_locked(worker* w) noexcept;

    std::atomic<std::uint64_t> word_{0}; // atomic, see mo
    kernel::lock lock_;
    worker* front_ = nullptr; // guarded by lock_; the last parked is the warmest
    worker* back_ = nullptr;  // guarded by lock_
};

} // namespace weft::scheduler

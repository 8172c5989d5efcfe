// SPDX-License-Identifier: MIT
// A worker: the right to run tasks, and the queues of those that wait to run here. N of them make a runtime.
//
// A worker is not a kernel thread: a carrier (carrier.hpp) is, and a worker goes from one carrier to another when a task blocks
// its carrier. (The split is Go's P and M.)
//
// Four places where a ready task can lie, and why:
//   slot_   one task that the running task has just woken: it runs next, on warm cache lines. Bounded in a row.
//   fresh_  tasks that have not started: youngest first here (depth first, so few stacks exist), oldest first for thieves.
//   ready_  tasks that yielded or were pushed out of the slot: first in, first out, so that everybody gets a turn.
//   the injector (injector.hpp), common to all workers.
// A pick takes the slot, then fresh_ and ready_ in turn; what has overflowed from a ready_ into the injector takes turns with ready_.
// Every 61st pick looks at the injector first, and every 64th of those at the oldest of fresh_, so that nothing starves behind a
// busy queue. The clock is looked at as often as the injector, and more often
// when tasks run for long.
//
// I1  Owner-only fields belong to the carrier that holds the worker (`on`), or to who has just claimed it off the idle list without
//     a carrier; the hand-over between carriers goes through a lock.
#pragma once
#include "base/cache_line.hpp"
#include "base/result.hpp"
#include "scheduler/deque.hpp"
#include "scheduler/injector.hpp"
#include "scheduler/task_pool.hpp"
#include "scheduler/thefts.hpp"
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace weft::scheduler {

using abi::runtime_core;
using abi::task_state;
class carrier;

/// Ends of tasks of one group, which it has not been told of. Those of tasks that run here in a row it hears all at once, or two workers
/// would fight for its count. As long as there are any, nothing runs here but another task of the same group that has just begun: then
/// the group is not done anyhow, and nobody waits for longer.
struct untold_ends {
    void* group = nullptr;
    std::ptrdiff_t count = 0;
    void (*tell)(void* group, std::ptrdiff_t count) noexcept = nullptr;
};

class alignas(base::cache_line) worker {
  public:
    worker(runtime_core& home, unsigned number); // throws std::bad_alloc
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    // ---- the owner's side
    /// A task that has not started.
    void add_fresh(task* t) noexcept { add_and_tell(fresh_, t); }
    /// A task that the running one has woken.
    void add_woken(task* t) noexcept;
    /// A task that the running one has woken by its end: true when it is the next to run, as from the slot, but without a way through
    /// memory that others look at. False when others are due; then it is queued.
    [[nodiscard]] bool runs_next(task* woken) noexcept;
    /// What has just been made ready may run now, out of turn; it counts as one that was woken. False: others are due.
    [[nodiscard]] bool goes_on() noexcept {
        if (slot_budget_ == 0 || poll_in_ <= 1) {
            return false;
        }
        --slot_budget_;
        --poll_in_;
        return true;
    }
    /// Takes t, which the running task waits for, if it is the youngest of those that have not started, nobody was woken who goes first, and
    /// the injector is not due. It is the return to the joiner that counts as a turn (goes_on). False: t stays where it is, or is a thief's.
    [[nodiscard]] bool take_for_joiner(const task* t) noexcept;
    /// What was woken meanwhile, if there is something and it is not to wait for others; `next` then comes after it, from the slot, which
    /// is never seen empty in between: whoever add_woken told of work will find it. Else `next`; null when a thief took both.
    [[nodiscard]] task* prefer_woken(task* next) noexcept;
    /// A task that gave up its turn. To be announced like any other: a searcher that was woken for the task that now runs here has perhaps
    /// given up already.
    void add_yielded(task* t) noexcept { add_and_tell(ready_, t); }
    /// One more task of the group has ended. The group may be gone as soon as something else runs here.
    void note_end(void* group, void (*tell)(void*, std::ptrdiff_t) noexcept) noexcept {
        if (untold.group == group) {
            ++untold.count;
        } else {
            note_first_end(group, tell);
        }
    }
    void tell_ends() noexcept {
        if (untold.count != 0) {
            tell_these_ends();
        }
    }
    /// The next task to run from our own queues (and, now and then, from the injector); null when there is none.
    [[nodiscard]] task* next_local() noexcept;
    /// A batch from the injector: the first to run, the rest into our queues. Null when it is empty.
    [[nodiscard]] task* next_injected() noexcept;
    /// Takes work from a victim: one task to run, perhaps more into our queues. A single task is left to its owner, who is perhaps about to
    /// run it on warm lines, unless it was there at an earlier look.
    [[nodiscard]] task* steal_from(worker& victim) noexcept;
    /// A round of looks at victims begins. What lies where it lay `looks` rounds ago is stale.
    void begin_look(unsigned looks = 1) noexcept { look_ += looks; }
    /// When nothing is left to do here: true when the last theft was one of several that did not pay (thefts.hpp).
    [[nodiscard]] bool rests_from_stealing() noexcept;
    /// Whether steal_from left something since the last call.
    [[nodiscard]] bool left_something() noexcept { return std::exchange(left_something_, false); }
    [[nodiscard]] std::uint64_t new_task_id() noexcept {
        if (next_id_ == last_id_) [[unlikely]] {
            reserve_ids();
        }
        return next_id_++;
    }
    [[nodiscard]] std::uint32_t random() noexcept;
    /// A stack for a task that starts; null with *why filled when the kernel refuses one.
    [[nodiscard]] void* take_stack(base::refusal* why) noexcept;
    void give_stack(void* top) noexcept;
    /// All cached stacks, before the worker goes idle: another may need one that the kernel would refuse.
    void return_stacks() noexcept;

    // ---- anybody's side
    /// A look from outside: is there something to run here?
    [[nodiscard]] bool has_work() const noexcept;
    /// The youngest task that has not started, off its queue; for who may put it back.
    [[nodiscard]] task* take_fresh() noexcept { return fresh_.pop(); }
    void put_fresh_back(task* t) noexcept { add_to(fresh_, t); }
    /// H2 of job_list.hpp. From anywhere inside the runtime.
    void raise_hunger() noexcept {
        // mo: seq_cst, both -> the fence in feed_thieves: either it sees what made us call, or we see that it took the flag down.
        if (!hungry.load(std::memory_order_seq_cst)) {
            // mo: seq_cst, see above.
            hungry.store(true, std::memory_order_seq_cst);
        }
    }
    /// How many tasks that have not started seem to lie here.
    [[nodiscard]] std::size_t fresh_count() const noexcept { return static_cast<std::size_t>(fresh_.size()); }

    runtime_core& core;
    const unsigned index;

    std::atomic<carrier*> on{nullptr}; // owner writes; read by claimers under idle_set's lock, and by dumps
    bool searching = false;            // owner; while idle_listed guarded by idle_set's lock
    bool idle_listed = false;   // guarded by idle_set's lock
    worker* idle_next = nullptr;     // guarded by idle_set's lock
    worker* idle_previous = nullptr; // guarded by idle_set's lock

    alignas(base::cache_line) std::atomic<bool> hungry{false}; // atomic, see mo: jobs are wanted here (job_list.hpp)

    alignas(base::cache_line) task_cache descriptors;                // owner
    untold_ends untold;                                              // owner
    std::atomic<std::uint64_t> started{0};  // tasks made here; owner writes, shutdown reads
    std::atomic<std::uint64_t> finished{0}; // tasks ended here; owner writes, shutdown reads
    std::atomic<task*> running{nullptr};    // owner writes, dumps and panics read

    static constexpr unsigned stale_after = 3; // looks, some 100 ns each

    static void count(std::atomic<std::uint64_t>& counter) noexcept {
        // mo: relaxed: only the owner writes.
        const std::uint64_t n = counter.load(std::memory_order_relaxed);
        // mo: release -> runtime_core::quiescent's acquire: what the task did is visible to whoever counts it.
        counter.store(n + 1, std::memory_order_release);
    }

  private:
    void add_to(deque<task, 1024>& queue, task* t) noexcept {
        if (!queue.push(t)) [[unlikely]] {
            overflow(queue, t);
        }
    }
    void add_and_tell(deque<task, 1024>& queue, task* t) noexcept {
        add_to(queue, t);
        tell_thieves();
    }
    /// There is something in our queues. With one worker there is nobody to tell.
    void tell_thieves() noexcept {
        if (has_thieves_) {
            notify_core();
        }
    }
    void notify_core() noexcept; // in worker.cpp, where a runtime_core is known
    void note_first_end(void* group, void (*tell)(void*, std::ptrdiff_t) noexcept) noexcept;
    void tell_these_ends() noexcept;
    [[gnu::noinline]] void reserve_ids() noexcept;
    [[gnu::noinline]] void overflow(deque<task, 1024>& queue, task* t) noexcept;
    /// Puts t, or null, into the slot and returns what was there.
    [[nodiscard]] inline task* swap_slot(task* t) noexcept; // this and the next: in worker.cpp, for it alone
    inline void note_slot_fill() noexcept;
    [[nodiscard]] inline task* next_ready() noexcept; // this and the next: in worker.cpp, for it alone
    [[nodiscard]] inline task* next_fresh() noexcept;
    [[nodiscard, gnu::noinline]] task* next_going_on() noexcept;
    [[nodiscard]] task* poll_others() noexcept;
    void watch_clock() noexcept;
    /// What a thief saw of a victim: the numbers of its oldest tasks, and when they were new.
    struct sighting {
        std::uint64_t fresh = 0, ready = 0, slot = 0;
        std::uint64_t since = 0;
    };
    [[nodiscard]] bool is_stale(const worker& victim) noexcept;

    static constexpr unsigned poll_interval = 61; // prime, so that it does not beat with regular task patterns
    static constexpr unsigned oldest_interval = 64; // polls
    static constexpr std::uint64_t clock_fine_ns = 50'000, clock_coarse_ns = 200'000; // how far apart looks at the clock may lie
    static constexpr unsigned slot_in_a_row = 16;
    static constexpr std::size_t stack_cache = 32;
    static constexpr unsigned watched_victims = 64; // the others' tasks are stale at once

    const bool has_thieves_; // a runtime of one worker has none, and its queues do without locked instructions
    unsigned poll_in_ = poll_interval;     // owner: picks until the next poll
    unsigned poll_every_ = poll_interval;  // owner: halved while tasks run for long and timers are pending
    unsigned since_others_ = 0;            // owner: picks since the injector was looked at
    unsigned polls_ = 0;                   // owner: looks at the injector
    std::uint64_t clock_seen_ = 0;         // owner
    unsigned slot_budget_ = slot_in_a_row; // owner
    bool ready_first_ = false;             // owner
    bool injected_first_ = false;          // owner: of those that go on, the injector's before ours
    std::uint32_t random_state_;           // owner
    std::uint64_t next_id_ = 0;            // owner: ids reserved in blocks
    std::uint64_t last_id_ = 0;            // owner
    std::size_t stack_count_ = 0;          // owner
    std::size_t stack_batch_ = 1;          // owner: how many to ask for next; doubled, so that few tasks take few stacks
    std::array<void*, stack_cache> stacks_; // owner
    std::uint64_t look_ = 0;               // owner: looks at victims
    bool left_something_ = false;          // owner
    thefts thefts_;                        // owner
    std::unique_ptr<sighting[]> sightings_; // owner; by the victim's index, for the first watched_victims

    alignas(base::cache_line) std::atomic<task*> slot_{nullptr}; // owner fills, anybody empties
    std::atomic<std::uint64_t> slot_fills_{0};                   // owner writes, thieves read
    deque<task, 1024> fresh_;
    deque<task, 1024> ready_;
};

} // namespace weft::scheduler

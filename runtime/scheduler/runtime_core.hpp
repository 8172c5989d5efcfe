// SPDX-License-Identifier: MIT
// What stands behind a weft::runtime: the workers, what they share, and the runtime's beginning and end.
//
// The end: ~runtime waits until every task has ended (quiescent), then sets stopping_ and wakes every carrier; each leaves its loop
// and its kernel thread is joined. Tasks are not counted in one word, which all workers would fight for: each worker counts what
// it started and what it finished, and only a closing runtime adds up.
//
// A foreign thread that hands us a task is inside our memory until it has woken a worker, and the task may have ended by then;
// so it signs in and out (visitors_), and the destructor waits for the last to leave.
#pragma once
#include "context/stack_pool.hpp"
#include "kernel/lock.hpp"
#include "scheduler/carrier.hpp"
#include "scheduler/after_fork.hpp"
#include "scheduler/idle.hpp"
#include "scheduler/injector.hpp"
#include "scheduler/stack_refusal.hpp"
#include "scheduler/timers.hpp"
#include "scheduler/victims.hpp"
#include "scheduler/worker.hpp"
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>
#include <weft/runtime.hpp>

struct weft::abi::runtime_core {
    /// Checks the options. Throws bad_option, std::bad_alloc. `root` stands before the paths of sysfs (tests build a tree).
    explicit runtime_core(weft::runtime_options options, const char* root = "");
    runtime_core(const runtime_core&) = delete;
    runtime_core& operator=(const runtime_core&) = delete;
    ~runtime_core();

    /// Starts the kernel threads. Throws std::system_error; then none runs.
    void start();
    /// Waits for every task, then ends and joins the kernel threads.
    void stop() noexcept;

    // ---- making work known
    /// Wakes a worker for new work if one is needed. From anywhere inside the runtime.
    void notify() noexcept;
    /// The same, by a worker after a push to its own queues that was a sequentially consistent read-modify-write (idle.hpp).
    void notify_others_of_pushed() noexcept {
        if (worker_count > 1) {
            wake(idle.claim_for_pushed_work());
        }
    }
    /// A ready task from outside of the runtime's workers.
    void inject(task* t) noexcept;
    /// As inject, for a task that starts.
    void inject_new(task* t) noexcept;
    /// A worker that was claimed off the idle list gets going. Nothing for an empty claim.
    void wake(const scheduler::claim& parked) noexcept;
    /// Some parked worker should look after the timers.
    void find_keeper() noexcept;

    // ---- carriers
    /// A spare kernel thread goes on with w; false when none is to be had.
    [[nodiscard]] bool give_to_spare(scheduler::worker& w) noexcept;

    /// May a task take its carrier into a section? There may be max_blocking carriers without a worker that are no spares, in a section or on
    /// the way back from one; so there is a carrier for each worker, or one can be made, unless the kernel refuses.
    [[nodiscard]] bool begin_section() noexcept {
        // mo: relaxed: a look; the CAS decides.
        unsigned now = away_.load(std::memory_order_relaxed);
        while (now < options.max_blocking) {
            // mo: acquire -> end_section: whoever came back is listed as a spare, or has a worker. Failure relaxed: another look.
            if (away_.compare_exchange_weak(now, now + 1, std::memory_order_acquire, std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }
    /// The carrier has a worker again, or is listed as a spare.
    void end_section() noexcept {
        // mo: release -> begin_section.
        away_.fetch_sub(1, std::memory_order_release);
    }

    /// Whether any queue has something: the look W3 of idle.hpp, after a fence.
    [[nodiscard]] bool has_work() const noexcept;
    /// Every task that was started has ended.
    [[nodiscard]] bool quiescent() const noexcept;
    [[nodiscard]] bool closing() const noexcept {
        // mo: relaxed: fences stand on both sides, see stop() and carrier::park.
        return closing_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool stopping() const noexcept {
        // mo: acquire -> stop()'s store.
        return stopping_.load(std::memory_order_acquire);
    }
    /// A worker of a closing runtime has nothing to do: stop() looks again.
    void report_idle() noexcept { closer_.unpark(); }

    /// It was made in a process that this one comes from by fork(): none of its kernel threads is here (after_fork.hpp).
    [[nodiscard]] bool lost_to_fork() const noexcept { return made_in_ != scheduler::generation(); }

    void dump(int descriptor) const noexcept;

    const weft::runtime_options options;
    const unsigned worker_count;
    const unsigned cpu_count;         // that we may use
    const unsigned search_rounds;     // how long to spin before a park
    const std::vector<unsigned> cpus; // where workers are pinned, round robin; empty: they are not

    scheduler::victims order;         // r/o after init, but for where a roaming worker was seen

    scheduler::idle_set idle;
    scheduler::injector injected;
    scheduler::timers clock;
    context::stack_pool stacks;
    scheduler::stack_refusal no_stack;
    std::vector<std::unique_ptr<scheduler::worker>> workers; // r/o after init

    kernel::lock carriers_lock;
    scheduler::carrier* spares = nullptr; // guarded by carriers_lock
    scheduler::carrier* made = nullptr;   // guarded by carriers_lock: all carriers
    unsigned made_count = 0;              // guarded by carriers_lock

    runtime_core* next_living = nullptr; // guarded by the registry's lock

  private:
    [[nodiscard]] int start_carrier(scheduler::worker& first) noexcept;
    void end_carriers() noexcept;

    const std::uint32_t made_in_ = scheduler::generation();
    std::atomic<unsigned> away_{0};                                             // atomic, see mo: begin_section
    alignas(base::cache_line) std::atomic<std::uint64_t> foreign_started_{0}; // atomic, see mo
    std::atomic<std::uint32_t> visitors_{0};                                  // atomic, see mo
    std::atomic<bool> closing_{false};                                        // atomic, see mo
    std::atomic<bool> stopping_{false};                                       // atomic, see mo
    scheduler::parker closer_;                                                // where stop() sleeps
};

namespace weft::scheduler {

using abi::runtime_core;

/// Reserves `count` task ids; ids start at 1 and are unique in the process.
[[nodiscard]] std::uint64_t reserve_task_ids(std::uint64_t count) noexcept;

/// The runtime that weft::spawn uses on a foreign thread: the oldest that lives; null when none does.
[[nodiscard]] runtime_core* oldest_runtime() noexcept;
/// The running task's, else the oldest; null when there is none.
[[nodiscard]] runtime_core* runtime_of_caller() noexcept;
void enter_registry(runtime_core& core) noexcept;
void leave_registry(runtime_core& core) noexcept;

[[nodiscard]] carrier* suspending_carrier_in_child() noexcept;

/// This kernel thread's carrier when what runs here can suspend; null when a wait has to block the kernel thread: on a foreign thread, inside
/// blocking(), and in a child of fork(), where the task that has forked is a plain kernel thread from its first look on.
[[nodiscard]] inline carrier* suspending_carrier() noexcept {
    if (generation() != 0) [[unlikely]] {
        return suspending_carrier_in_child();
    }
    carrier* c = this_carrier();
    return c && c->held ? c : nullptr;
}

/// A fresh descriptor by one who stands on a worker, for its runtime. Throws std::bad_alloc.
[[nodiscard]] inline task* make_task_on(worker& w) {
    task* const t = w.descriptors.take();
    t->id = w.new_task_id();
    t->home = &w.core;
    return t;
}

} // namespace weft::scheduler

// SPDX-License-Identifier: MIT
// A carrier: one kernel thread of a runtime. It holds a worker and runs its tasks, or it is a spare that waits for a worker that
// a blocking task gave away.
//
//            +--------------- find work, search, park <---------+
//            v                                                  |
//   spare -> holds a worker -> runs a task -- suspends, ends ---+
//     ^                           | blocking(f)
//     |                           v
//     +------ no worker: f runs on the task's stack; then it takes a free worker again, or leaves the task to the injector
//
// The carrier's own stack is the root: the loop in run() lives there. A task that suspends or ends switches straight to
// the next task when its worker has one, else to the root, which searches and parks. What must happen to the task that was left
// (publish it, free its stack) cannot be done on its own stack while it is still running there, so the switcher leaves it in
// `after_switch` and whoever is switched to does it first (suspend.hpp).
//
// I1  While this->held == worker, worker->on == this; a worker that nobody holds has on == null. (In fail_without_stack `held` is
//     put aside for a moment, so that user code which must not suspend finds itself on a foreign thread.)
#pragma once
#include "context/exception_state.hpp"
#include "context/switch.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/worker.hpp"
#include <cstdint>

namespace weft::kernel {
struct thread;
}

namespace weft::scheduler {

/// What the next context does for the one that was left. act may resume `left` on another worker at once.
struct after_switch {
    void (*act)(void* argument, task* left) noexcept = nullptr;
    void* argument = nullptr;
    task* left = nullptr;
};

class carrier {
  public:
    explicit carrier(runtime_core& home) noexcept : core(home) {}
    carrier(const carrier&) = delete;
    carrier& operator=(const carrier&) = delete;

    /// The kernel thread's whole life. Returns when the runtime stops.
    void run() noexcept;

    /// Does what the context that was just left asked for. First thing on every arrival.
    void finish_switch() noexcept {
        const after_switch due = pending;
        pending.act = nullptr;
        if (due.act) {
            due.act(due.argument, due.left);
        }
    }

    runtime_core& core;
    /// Goes on as the carrier of w, which is ours alone: just assigned, or taken off the idle list.
    void take(worker& w) noexcept;
    /// Goes on under t's TLS: the block of a task that has its own, else this kernel thread's.
    void wear_tls_of(const task* t) noexcept {
        if (t->own_tls || worn_tls != own_tls) [[unlikely]] {
            change_tls(t);
        }
    }
    /// Goes on under this kernel thread's own TLS.
    void wear_own_tls() noexcept {
        if (worn_tls != own_tls) [[unlikely]] {
            change_tls(nullptr);
        }
    }
    /// Offers itself to workers that lack a carrier. Under core.carriers_lock.
    void list_as_spare_locked() noexcept;
    /// Stops being the carrier of the worker that it holds, and returns it.
    worker& let_go() noexcept;

    worker* held = nullptr;  // owner: this thread
    task* running = nullptr; // owner: this thread; stays set inside blocking()
    after_switch pending;    // owner: this thread
    context::point root = nullptr;                  // owner: this thread; valid while a task runs
    char* own_tls = nullptr;                        // r/o after start: this kernel thread's thread pointer
    char* worn_tls = nullptr;                       // owner: this thread: the one that it runs under now
    context::exception_state* exceptions = nullptr; // r/o after start: this kernel thread's
    parker sleep;
    kernel::thread* thread = nullptr; // guarded by core.carriers_lock
    carrier* next_spare = nullptr;    // guarded by core.carriers_lock
    carrier* next_made = nullptr;     // guarded by core.carriers_lock
    worker* assigned = nullptr;       // guarded by core.carriers_lock: a spare's next worker
    bool listed_as_spare = false;     // guarded by core.carriers_lock

  private:
    void change_tls(const task* t) noexcept;
    void run_tasks() noexcept;
    [[nodiscard]] worker* await_worker() noexcept;
    [[nodiscard]] task* find_task() noexcept;
    [[nodiscard]] task* search() noexcept;
    /// Sleeps until there may be work; false when the runtime stops.
    [[nodiscard]] bool park() noexcept;
    /// There is work, but of the kind that is gone before we have it, tasks that wake each other and run in turns on one worker; or of the kind
    /// that does not pay (thefts.hpp). Looking on would take their cache lines from them, so we sleep for a moment. On the idle list we would be woken for each of them; so we go on to
    /// count as a searcher: what a producer leaves to us waits until we look again, which is soon.
    void doze() noexcept;
    static constexpr std::uint64_t doze_ns = 100'000; // some times what it costs to be woken
    /// The sleep itself, until a token or the deadline. The timekeeper tidies the memory of tasks meanwhile.
    void sleep_until(std::uint64_t deadline) noexcept;
    void end_search() noexcept;
    /// H2 of job_list.hpp, after a change of the idle word.
    void ask_for_jobs() noexcept;

    int pinned_to_ = -1; // owner: this thread; the CPU, when the runtime pins its workers
};

/// This kernel thread's carrier; null on a foreign thread. Never inlined: a task may have migrated since the last call,
/// and a compiler may keep the address of a thread_local across a switch (docs/edges.md, tls-address-caching).
[[nodiscard]] carrier* this_carrier() noexcept;

/// The running task, also in blocking(); null on a kernel thread that runs none.
[[nodiscard]] inline task* running_task() noexcept {
    const carrier* c = this_carrier();
    return c ? c->running : nullptr;
}

} // namespace weft::scheduler

// SPDX-License-Identifier: MIT
#include "scheduler/carrier.hpp"
#include "base/check.hpp"
#include "kernel/own_tls.hpp"
#include "kernel/thread_pointer.hpp"
#include "scheduler/pinning.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/stack_overflow.hpp"
#include "scheduler/suspend.hpp"
#include "scheduler/task_extras.hpp"
#include <algorithm>
#include <cstring>
#include <sched.h>

namespace weft::scheduler {

namespace {
// Initial-exec: a fixed offset from the thread pointer, no call into the loader.
[[gnu::tls_model("initial-exec")]] constinit thread_local carrier* current = nullptr;
} // namespace

// EDGE tls-address-caching: noinline and the empty asm keep the compiler from reusing the address, or the value, that it saw
// before a switch.
[[gnu::noinline]] carrier* this_carrier() noexcept {
    asm volatile("");
    return current;
}

void carrier::run() noexcept {
    const signal_stack for_overflows;
    current = this;
    exceptions = context::exception_state_of_this_thread();
    own_tls = worn_tls = kernel::thread_pointer();
    while (worker* w = await_worker()) {
        take(*w);
        run_tasks();
    }
    current = nullptr;
}

// What lies under the other thread pointer is not current's value of before; so it is written there first, and read again by this_carrier alone.
[[gnu::noinline]] void carrier::change_tls(const task* t) noexcept {
    char* const wanted = t && t->own_tls ? kernel::thread_pointer_of(*t->extras->tls) : own_tls;
    if (wanted == worn_tls) {
        return;
    }
    carrier* const me = this;
    std::memcpy(wanted + (reinterpret_cast<char*>(&current) - worn_tls), &me, sizeof me);
    worn_tls = wanted;
    kernel::wear_tls(wanted);
}

void carrier::take(worker& w) noexcept {
    held = &w;
    // mo: relaxed: claimers read it after the idle list's lock, dumps read a sketch.
    w.on.store(this, std::memory_order_relaxed);
    if (!core.cpus.empty()) {
        const auto cpu = static_cast<int>(core.cpus[w.index % core.cpus.size()]);
        if (cpu != pinned_to_) {
            pin_this_thread(static_cast<unsigned>(cpu));
            pinned_to_ = cpu;
        }
    }
}

worker& carrier::let_go() noexcept {
    worker& w = *held;
    base::check(w.untold.count == 0, "a worker changes hands with ends of children that it has not told of");
    held = nullptr;
    // mo: relaxed: as in take().
    w.on.store(nullptr, std::memory_order_relaxed);
    return w;
}

void carrier::list_as_spare_locked() noexcept {
    if (!listed_as_spare) {
        listed_as_spare = true;
        next_spare = core.spares;
        core.spares = this;
    }
}

worker* carrier::await_worker() noexcept {
    for (;;) {
        {
            kernel::guard hold(core.carriers_lock);
            if (assigned) {
                worker* w = assigned;
                assigned = nullptr;
                return w;
            }
            if (core.stopping()) {
                return nullptr;
            }
            list_as_spare_locked();
        }
        sleep.park();
    }
}

void carrier::run_tasks() noexcept {
    // held changes under us: a task that comes back from blocking() may have brought another worker.
    while (held) {
        task* t = find_task();
        if (!t) {
            (void)let_go();
            return;
        }
        enter(*this, t);
    }
}

task* carrier::find_task() noexcept {
    worker& w = *held;
    for (;;) {
        task* t = w.next_local();
        if (!t) {
            t = w.next_injected();
        }
        if (!t && core.clock.fire_due() != 0) {
            continue;
        }
        if (!t) {
            if (!w.searching && core.worker_count > 1) {
                w.searching = core.idle.try_begin_search(core.worker_count);
            }
            if (w.searching && w.rests_from_stealing()) {
                doze();
            }
            if (w.searching || core.worker_count == 1) {
                t = search();
            }
        }
        if (t) {
            end_search();
            return t;
        }
        if (w.searching && w.left_something()) {
            doze();
        } else if (!park()) {
            return nullptr;
        }
    }
}

void carrier::end_search() noexcept {
    if (held->searching) {
        held->searching = false;
        // The last searcher hands the search on: whoever saw us searching woke nobody. Only if there is work to be seen,
        // else the next producer will wake somebody itself.
        if (core.idle.end_search()) {
            // Without the fence we could miss the push of a producer that still saw us searching.
            // mo: seq_cst fence -> the fence in claim_for_work, or the exchange of swap_slot (P2).
            std::atomic_thread_fence(std::memory_order_seq_cst);
            if (core.has_work()) {
                core.notify();
            }
        }
        // Perhaps we were woken from keeping the time, or in order to keep it, and now a task comes that may run for long.
        if (core.clock.lacks_keeper()) {
            core.find_keeper();
        }
    }
}

void carrier::ask_for_jobs() noexcept {
    for (const auto& other : core.workers) {
        if (other.get() != held) {
            other->raise_hunger();
        }
    }
}

task* carrier::search() noexcept {
    worker& w = *held;
    ask_for_jobs();
    if (core.order.roams()) [[unlikely]] {
        core.order.seen_on(w.index, sched_getcpu());
    }
    for (unsigned round = 0; round < core.search_rounds; ++round) {
        w.begin_look();
        const bool last = round + 1 == core.search_rounds;
        if (task* stolen = core.order.visit(
                w.index, round, last, [&w] { return w.random(); }, [&](unsigned i) { return w.steal_from(*core.workers[i]); })) {
            return stolen;
        }
        if (task* t = w.next_injected()) {
            return t;
        }
        if (round % 16 == 15 && core.clock.fire_due() != 0) {
            return w.next_local();
        }
        for (int pause = 0; pause < 8; ++pause) {
            kernel::cpu_pause();
        }
    }
    return nullptr;
}

void carrier::doze() noexcept {
    const std::uint64_t next_timer = core.clock.earliest(), wake = kernel::monotonic_ns() + doze_ns;
    sleep.park(next_timer < wake ? next_timer : wake);
    held->begin_look(worker::stale_after); // what is still there has outlived any switch
}

void carrier::sleep_until(std::uint64_t deadline) noexcept {
    for (;;) {
        const std::uint64_t due = std::min(the_task_depot.tidy_due(), core.stacks.tidy_due());
        if (due >= deadline || !core.clock.is_keeper(sleep)) {
            (void)sleep.park(deadline);
            return;
        }
        // We are on the idle list all the while: who needs us leaves a token, and waits for one step at most.
        if ((due != 0 || sleep.has_token()) && sleep.park(due)) {
            return;
        }
        const std::uint64_t now = kernel::monotonic_ns();
        if (now >= deadline) {
            return;
        }
        if (!the_task_depot.tidy(now) && !core.stacks.tidy(now)) {
            core.clock.trim();
        }
    }
}

bool carrier::park() noexcept {
    worker& w = *held;
    w.return_stacks();
    // Asked twice. Here for the place on the list alone. Then, authoritatively, when we are on the list: a keeper that resigns looks
    // for a successor there, so either it sees us or we see that there is none.
    (void)core.clock.become_keeper(sleep);
    core.idle.park(w, core.clock.is_keeper(sleep) ? idle_place::back : idle_place::front); // W1
    // Fence W2. Without it this thread may sleep on a queue that a producer has just filled (idle.hpp).
    // mo: seq_cst fence -> the fences in claim_for_work (P2; or the exchange of swap_slot), in runtime_core::find_keeper and in runtime_core::stop.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    ask_for_jobs();
    const std::uint64_t deadline = core.clock.become_keeper(sleep);
    bool sleepy = true;
    if (core.has_work()) { // W3
        sleepy = !core.idle.withdraw(w); // else a claimer was faster, and its token is under way
    } else if (core.closing()) {
        core.report_idle();
    }
    if (sleepy && !core.stopping()) {
        sleep_until(deadline);
    }
    core.clock.resign_keeper(sleep);
    if (core.stopping()) {
        return false;
    }
    // A deadline or a poke: we are still on the list and take ourselves off. A claimer's token: it took us off. Either way we
    // are a searcher now. (A token may also be left over from a wake that came late: then the next park returns early once.)
    (void)core.idle.withdraw(w);
    return true;
}

} // namespace weft::scheduler

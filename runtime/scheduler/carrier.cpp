// SPDX-License-Identifier: MIT
#include "scheduler/carrier.hpp"
#include "scheduler/pinning.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/suspend.hpp"

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
    current = this;
    exceptions = context::exception_state_of_this_thread();
    while (worker* w = await_worker()) {
        held = w;
        if (core.options.pin_workers) {
            pin_to_nth_cpu(w->index);
        }
        run_tasks();
    }
    current = nullptr;
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
            bool listed = false;
            for (carrier* c = core.spares; c; c = c->next_spare) {
                listed = listed || c == this;
            }
            if (!listed) {
                next_spare = core.spares;
                core.spares = this;
            }
        }
        sleep.park();
    }
}

void carrier::run_tasks() noexcept {
    // held changes under us: a task that comes back from blocking() may have brought another worker.
    while (held) {
        task* t = find_task();
        if (!t) {
            held = nullptr;
            return;
        }
        enter(*this, t);
    }
}

task* carrier::find_task() noexcept {
    for (;;) {
        worker& w = *held;
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
            if (w.searching || core.worker_count == 1) {
                t = search();
            }
        }
        if (t) {
            end_search();
            return t;
        }
        if (!park()) {
            return nullptr;
        }
    }
}

void carrier::end_search() noexcept {
    if (held->searching) {
        held->searching = false;
        // The last searcher hands the search on: whoever saw us searching woke nobody. Only if there is work to be seen,
        // else the next producer will wake somebody itself.
        if (core.idle.end_search() && core.has_work()) {
            core.notify();
        }
    }
}

task* carrier::search() noexcept {
    worker& w = *held;
    const unsigned n = core.worker_count;
    for (unsigned round = 0; round < core.search_rounds; ++round) {
        // A task in a slot is about to run on warm lines: leave it alone in the first half, its worker may just be switching.
        const bool slot_too = round >= core.search_rounds / 2;
        const unsigned start = w.random() % n;
        for (unsigned i = 0; i < n; ++i) {
            worker& victim = *core.workers[(start + i) % n];
            if (&victim != &w) {
                if (task* t = w.steal_from(victim, slot_too)) {
                    return t;
                }
            }
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

bool carrier::park() noexcept {
    worker& w = *held;
    core.idle.park(w); // W1
    // Fence W2. Without it this thread may sleep on a queue that a producer has just filled (idle.hpp).
    // mo: seq_cst fence -> the fences in claim_for_work (P2) and in runtime_core::stop.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (core.has_work()) { // W3
        if (core.idle.withdraw(w)) {
            return true;
        }
    } else if (core.closing()) {
        core.report_idle();
    }
    if (core.stopping()) {
        return false;
    }
    const std::uint64_t deadline = core.clock.become_keeper(sleep);
    sleep.park(deadline);
    const bool timers_wait = core.clock.resign_keeper(sleep);
    if (core.stopping()) {
        return false;
    }
    // A deadline or a poke: we are still on the list and take ourselves off. A claimer's token: it took us off. Either way we
    // are a searcher now. (A token may also be left over from a poke that came late: then the next park returns early once.)
    (void)core.idle.withdraw(w);
    if (timers_wait) {
        core.find_keeper();
    }
    return true;
}

} // namespace weft::scheduler

// SPDX-License-Identifier: MIT
// blocking(): a task keeps its kernel thread and gives its worker away.
//
//   enter: work is queued, or timers lack a keeper -> a spare carrier takes the worker and runs on
//          nothing to do                           -> the worker goes on the idle list without a kernel thread; whoever
//                                                     makes work claims it like any parked worker and finds it a spare
//   leave: a worker without a kernel thread is on the list -> take it: no switch, no wake
//          else                                            -> switch to this carrier's root, which puts the task into the
//                                                             injector and becomes a spare
//
// So a short blocking() in a quiet runtime costs two short locks and no futex.
// When max_blocking sections are under way the next task keeps its worker and blocks it; weft's own waits suspend it even then. So whoever
// claims a worker without a kernel thread finds a spare, or can make one; only the kernel can refuse. Then, too, the task keeps its
// worker; or if the worker is on the list by then, what it should do waits for another worker or for the task's return: slower, and
// wrong only for a section that waits for it.
#include "scheduler/job_list.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/suspend.hpp"
#include <weft/blocking.hpp>

namespace weft::abi {

using namespace weft::scheduler;

namespace {

void set_state(task* t, task_state state) noexcept {
    // mo: relaxed: only the present owner writes; dumps read a sketch.
    t->state.store(state, std::memory_order_relaxed);
}

/// On the carrier's root: the task is off its stack and may run anywhere. First the carrier is a spare again, and its section over: or
/// the task, or whoever runs before this carrier sleeps, would find one section too many.
void put_into_injector(void*, task* self) noexcept {
    carrier& c = *this_carrier();
    {
        kernel::guard hold(c.core.carriers_lock);
        c.list_as_spare_locked();
        c.core.end_section();
    }
    set_state(self, task_state::ready);
    self->home->inject(self);
}

} // namespace

void* enter_blocking() noexcept {
    carrier* c = suspending_carrier();
    if (!c) {
        return nullptr;
    }
    runtime_core& core = c->core;
    if (!core.begin_section()) {
        return nullptr;
    }
    task* self = c->running;
    c->held->tell_ends(); // the worker goes its own way from here
    jobs_enter_blocking();
    set_state(self, task_state::blocking);
    worker& w = c->let_go();
    // mo: relaxed: for dumps.
    w.running.store(nullptr, std::memory_order_relaxed);
    if (w.has_work() || !core.injected.empty() || core.clock.lacks_keeper()) {
        if (!core.give_to_spare(w)) {
            c->take(w);
            core.end_section();
            jobs_leave_blocking();
            // mo: relaxed: for dumps.
            w.running.store(self, std::memory_order_relaxed);
            set_state(self, task_state::running);
            return nullptr;
        }
    } else {
        w.return_stacks();
        core.idle.park(w, idle_place::back); // W1 of idle.hpp; w may be anybody's from here on
        // Fence W2, as in carrier::park: a producer that saw this worker running has woken nobody.
        // mo: seq_cst fence -> the fences in claim_for_work (P2; or the exchange of swap_slot) and in runtime_core::find_keeper.
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (core.has_work() || core.clock.lacks_keeper()) { // W3
            core.wake(core.idle.claim_any());
        }
    }
    return &w;
}

void leave_blocking(void* ticket) noexcept {
    if (!ticket) {
        return;
    }
    carrier* c = this_carrier();
    runtime_core& core = c->core;
    if (core.lost_to_fork()) [[unlikely]] {
        return; // f has forked: there is no worker to come back to
    }
    task* self = c->running;
    if (worker* w = core.idle.reclaim_without_carrier(*static_cast<worker*>(ticket))) {
        c->take(*w);
        core.end_section();
        jobs_leave_blocking();
        // mo: relaxed: for dumps.
        w->running.store(self, std::memory_order_relaxed);
        set_state(self, task_state::running);
        return;
    }
    leave_through_root(*c, &put_into_injector);
}

} // namespace weft::abi

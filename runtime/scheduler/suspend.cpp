// SPDX-License-Identifier: MIT
#include "scheduler/suspend.hpp"
#include "base/check.hpp"
#include "context/float_control.hpp"
#include "scheduler/completion.hpp"
#include "scheduler/job_list.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/task_extras.hpp"

namespace weft::scheduler {

namespace {

void set_state(task* t, task_state state) noexcept {
    // mo: relaxed: only the present owner writes; dumps read a sketch.
    t->state.store(state, std::memory_order_relaxed);
}

void ready_to_running(carrier& c, task* t) noexcept {
    set_state(t, task_state::running);
    c.running = t;
    // mo: relaxed: for dumps.
    c.held->running.store(t, std::memory_order_relaxed);
    c.wear_tls_of(t); // last: who calls this is about to switch, and nobody else runs under t's TLS
}

void give_stack_back(void* top, task*) noexcept {
    this_carrier()->held->give_stack(top);
}

/// The action of a yield: behind the others of the worker on which it ran, whose carrier is the same on both sides of the switch.
void requeue(void* here, task* self) noexcept {
    set_state(self, task_state::ready);
    static_cast<carrier*>(here)->held->add_yielded(self);
}

/// The action of one that has been made ready while it was not its turn.
void requeue_as_woken(void* here, task* self) noexcept {
    set_state(self, task_state::ready);
    static_cast<carrier*>(here)->held->add_woken(self);
}

[[noreturn]] void run_tasks_on_this_stack(void*) noexcept;

/// The TLS block of a task that starts, if it wants its own. False, with *why filled, when it is refused.
bool take_tls(task* t, base::refusal* why) noexcept {
    if (t->own_tls) [[unlikely]] {
        auto block = kernel::take_own_tls();
        if (!block) {
            *why = block.why();
            return false;
        }
        t->extras->tls = block.value();
    }
    return true;
}

/// Where to switch to run t: its suspended stack, or a new one. Null, with *why filled, when there is no stack, or no TLS block, to be had.
context::point point_of(carrier& c, task* t, base::refusal* why) noexcept {
    if (t->context) {
        return t->context;
    }
    void* const top = c.held->take_stack(why);
    if (!top) {
        return nullptr;
    }
    if (!take_tls(t, why)) {
        c.held->give_stack(top);
        return nullptr;
    }
    t->stack_top = top;
    return context::make_point(top, c.core.stacks.usable_size(), &run_tasks_on_this_stack, nullptr);
}

/// The same; null when t has failed: its joiner knows why, and there is nothing to run.
context::point point_or_failure(carrier& c, task* t) noexcept {
    base::refusal why;
    const context::point p = point_of(c, t, &why);
    if (!p) {
        fail_without_stack(c, t, why);
    }
    return p;
}

/// A task and where to switch to run it.
struct choice {
    task* next = nullptr; // null: the root must search
    context::point target = nullptr;
};

/// The next task of this worker's own queues.
[[gnu::always_inline]] inline choice pick(carrier& c) noexcept {
    for (;;) {
        task* const t = c.held->next_local();
        if (!t) {
            return {};
        }
        if (const context::point p = t->context ? t->context : point_or_failure(c, t)) {
            return {t, p};
        }
    }
}

/// The same by one who perhaps need not leave: a task that cannot be run now is left to the root, if that is reached.
choice pick_harmlessly(carrier& c) noexcept {
    task* const t = c.held->next_local();
    if (!t) {
        return {};
    }
    base::refusal why;
    if (const context::point p = point_of(c, t, &why)) {
        return {t, p};
    }
    c.held->add_fresh(t);
    return {};
}

/// What was picked runs after the running task has woken it, so to speak.
void put_back(carrier& c, const choice& picked) noexcept {
    if (picked.next) {
        picked.next->context = picked.target; // of one that has not started too: it has its stack by now
        c.held->add_woken(picked.next);
    }
}

void leave_for_root(carrier& c) noexcept {
    c.running = nullptr;
    c.wear_own_tls();
    // mo: relaxed: for dumps.
    c.held->running.store(nullptr, std::memory_order_relaxed);
}

/// The target of a switch that follows at once.
context::point arrive(carrier& c, const choice& picked) noexcept {
    if (!picked.next) {
        leave_for_root(c);
        return c.root;
    }
    ready_to_running(c, picked.next);
    return picked.target;
}

void run_in_own_tls(task& t, const carrier& c) noexcept {
    const context::stack_pool& stacks = c.core.stacks;
    auto* const low = reinterpret_cast<char*>(stacks.guard_of(t.stack_top));
    kernel::live_in_own_tls(*t.extras->tls, low, static_cast<std::size_t>(static_cast<char*>(t.stack_top) - low), stacks.guard_size(),
                            [](void* self) { static_cast<task*>(self)->operations->run(*static_cast<task*>(self)); }, &t);
}

[[gnu::noinline]] bool take_tls_or_fail(carrier& c, task* t) noexcept {
    base::refusal why;
    const bool took = take_tls(t, &why);
    if (!took) {
        fail_without_stack(c, t, why);
    }
    return took;
}

/// The next task of this worker's own queues; if it has not started, it has what it needs beside a stack. Null when the root must search.
[[gnu::always_inline]] inline task* next_startable(carrier& c) noexcept {
    for (;;) {
        task* const t = c.held->next_local();
        if (!t || t->context || !t->own_tls || take_tls_or_fail(c, t)) {
            return t;
        }
    }
}

/// Is `next`, which may be null, one more of the group that has not been told of the ends before it, and about to begin?
bool goes_on_with_group(const worker& w, const task* next) noexcept {
    return next && !next->context && next->operations->tell_group && abi::group_of(*next) == w.untold.group;
}

/// The task's function, from its first instruction to its last.
[[gnu::always_inline]] inline void run_function(task& t, const carrier& c) noexcept {
    context::restore_float_control({}); // whoever ended on this stack, or waits below, has its own
    if (t.own_tls) [[unlikely]] {
        run_in_own_tls(t, c);
    } else {
        t.operations->run(t);
    }
    end_if_forked(t);
}

/// How much of a stack may be in use where another task begins on it: a joiner that has gone deeper than its first few functions keeps
/// the rest of its stack for itself.
constexpr std::size_t in_use_at_most = 2048;

/// The first function on a task stack, and its last: runs one task to its end and then goes on with the next that has not
/// started, on the same warm stack, so that tasks which never suspend cost no switch.
void run_tasks_on_this_stack(void*) noexcept {
    carrier* c = this_carrier();
    c->finish_switch();
    for (;;) {
        task* t = c->running;
        void* stack = t->stack_top;
        run_function(*t, *c);
        task* joiner = nullptr;
        c = &complete(t, joiner); // the task may have migrated
        task* next = joiner && c->held->runs_next(joiner) ? joiner : next_startable(*c);
        if (c->held->untold.count != 0 && !goes_on_with_group(*c->held, next)) {
            c->held->tell_ends();
            // Who waited for them goes first, as if it had been woken before we picked. (A task for which next_startable has taken a TLS
            // block is not put back.)
            next = !next ? next_startable(*c) : next->own_tls && !next->context ? next : c->held->prefer_woken(next);
        }
        if (next && !next->context) {
            next->stack_top = stack;
            ready_to_running(*c, next);
            continue;
        }
        c->pending = {&give_stack_back, stack, nullptr};
        if (next) {
            ready_to_running(*c, next);
            context::leave_to(next->context);
        }
        leave_for_root(*c);
        context::leave_to(c->root);
    }
}

/// The switch itself, with the C++ exception state of this kernel thread put aside.
[[gnu::always_inline]] inline void switch_away(carrier& c, task* self, context::point target, suspend_action action, void* argument) noexcept {
    c.pending = {action, argument, self};
    set_state(self, task_state::suspended);
    context::exception_state mine;
    context::swap_out(*c.exceptions, mine);
    context::switch_to(&self->context, target);
    carrier* here = this_carrier(); // perhaps another kernel thread
    here->finish_switch();
    context::swap_in(*here->exceptions, mine);
}

/// The next task of this worker, if there is one; the running one goes to where `back` puts it, which is told c.
[[gnu::always_inline]] inline void let_others_run(carrier& c, suspend_action back) noexcept {
    abi::job_list* const jobs = put_jobs_aside();
    c.held->tell_ends();
    task* self = c.running;
    if (const choice picked = pick(c); picked.next) {
        switch_away(c, self, arrive(c, picked), back, &c);
    }
    take_jobs_back(jobs);
}

} // namespace

void suspend(suspend_action action, void* argument) noexcept {
    abi::job_list* const jobs = put_jobs_aside(); // first: the pick may find them
    carrier& c = *this_carrier();
    c.held->tell_ends();
    task* self = c.running;
    switch_away(c, self, arrive(c, pick(c)), action, argument);
    take_jobs_back(jobs);
}

bool suspend_if(bool (*begin)(void*, task*) noexcept, suspend_action action, void* argument) noexcept {
    abi::job_list* const jobs = put_jobs_aside();
    carrier& c = *this_carrier();
    c.held->tell_ends();
    task* self = c.running;
    const choice picked = pick_harmlessly(c); // before the lock: it may wait for the kernel, for memory or for locks
    set_state(self, task_state::suspended); // before it can be found: in a child of fork() the lock is nobody's (after_fork.hpp)
    const bool leaves = begin(argument, self);
    if (leaves) {
        switch_away(c, self, arrive(c, picked), action, argument);
    } else {
        set_state(self, task_state::running);
        put_back(c, picked);
    }
    take_jobs_back(jobs);
    return leaves;
}

void yield_running(carrier& c) noexcept {
    let_others_run(c, &requeue);
}

namespace {
/// For a joiner that has gone on out of turn for long enough.
// EDGE tls-address-caching: a function of its own, so that the list of jobs is read once in run_in_place, before the task may have moved to
// another kernel thread.
[[gnu::noinline]] void make_way(carrier& c) noexcept {
    let_others_run(c, &requeue_as_woken);
}
} // namespace

bool run_in_place(carrier& c, task* t) noexcept {
    task* const self = c.running;
    // Huge when it stands on a stack of its own making.
    const auto in_use = static_cast<std::size_t>(static_cast<char*>(self->stack_top) - static_cast<char*>(__builtin_frame_address(0)));
    if (t->own_tls || self->own_tls || in_use > in_use_at_most || !c.held->take_for_joiner(t)) {
        return false;
    }
    abi::job_list* const jobs = put_jobs_aside();
    c.held->tell_ends();
    set_state(self, task_state::suspended);
    const context::float_control ours = context::float_control_now();
    context::exception_state mine;
    context::swap_out(*c.exceptions, mine);
    t->stack_top = self->stack_top; // an overflow is t's
    ready_to_running(c, t);
    run_function(*t, c);
    carrier& here = complete_in_place(t); // perhaps another kernel thread
    here.held->tell_ends();
    ready_to_running(here, self);
    context::swap_in(*here.exceptions, mine);
    context::restore_float_control(ours);
    take_jobs_back(jobs);
    if (!here.held->goes_on()) [[unlikely]] {
        make_way(here);
    }
    return true;
}

void leave_through_root(carrier& c, suspend_action action) noexcept {
    abi::job_list* const jobs = put_jobs_aside();
    task* self = c.running;
    c.running = nullptr;
    c.wear_own_tls();
    switch_away(c, self, c.root, action, nullptr);
    take_jobs_back(jobs);
}

void make_ready(task* t) noexcept {
    // mo: relaxed: the hand-over that gave us t carries its state.
    if (t->state.load(std::memory_order_relaxed) != task_state::suspended) [[unlikely]] {
        // A child of fork() has its parent's memory as it was page by page: a task may be linked there before it is suspended.
        base::check(t->home->lost_to_fork(), "a task was made ready that was not suspended");
    }
    set_state(t, task_state::ready);
}

void resume(task* t) noexcept {
    make_ready(t);
    carrier* c = this_carrier();
    if (c && c->held && &c->core == t->home) {
        c->held->add_woken(t);
    } else {
        t->home->inject(t);
    }
}

void enter(carrier& c, task* t) noexcept {
    context::point target = point_or_failure(c, t);
    if (!target) {
        return;
    }
    ready_to_running(c, t);
    context::switch_to(&c.root, target);
    c.finish_switch(); // the root never migrates: c is still this thread's
}

} // namespace weft::scheduler

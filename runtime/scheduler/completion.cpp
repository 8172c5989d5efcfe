// SPDX-License-Identifier: MIT
#include "scheduler/completion.hpp"
#include "base/check.hpp"
#include "scheduler/diagnosis.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/suspend.hpp"
#include "scheduler/task_extras.hpp"
#include <cstdlib>
#include <system_error>

namespace weft::scheduler {

namespace {

/// Frees a finished task that nobody will join. An exception in it is nobody's: that ends the program, as for std::thread.
void discard(task* t) noexcept {
    if (t->operations->discard) {
        if (std::exception_ptr error = t->operations->discard(*t)) {
            terminate_for_lost_exception(t, std::move(error));
        }
    }
    abi::release_task(t);
}

struct task_waiter : abi::waiter {
    task* awaited = nullptr;
    task* self = nullptr;
};

void wake_task(abi::waiter* w) noexcept {
    resume(static_cast<task_waiter*>(w)->self);
}

/// After the switch: leaves our address on the word, or goes on at once when the task ended meanwhile.
void wait_on_join_word(void* argument, task* self) noexcept {
    auto* w = static_cast<task_waiter*>(argument);
    w->self = self;
    std::uintptr_t seen = abi::join_waiting;
    // mo: release -> complete's exchange: the waiter's fields. Failure acquire -> the same exchange: the outcome.
    if (!w->awaited->join_word.compare_exchange_strong(seen, reinterpret_cast<std::uintptr_t>(static_cast<abi::waiter*>(w)),
                                                       std::memory_order_release, std::memory_order_acquire)) {
        resume(self);
    }
}

struct thread_waiter : abi::waiter {
    parker sleep;
};

void wake_thread(abi::waiter* w) noexcept {
    static_cast<thread_waiter*>(w)->sleep.unpark();
}

void wait_as_thread(task* t) noexcept {
    thread_waiter w;
    w.wake = &wake_thread;
    std::uintptr_t seen = abi::join_waiting;
    // mo: release -> complete's exchange: the waiter's fields. Failure acquire -> the same: the outcome.
    if (t->join_word.compare_exchange_strong(seen, reinterpret_cast<std::uintptr_t>(static_cast<abi::waiter*>(&w)),
                                             std::memory_order_release, std::memory_order_acquire)) {
        // The word says done before the token comes, and the finisher touches w last by leaving the token: only the token may end this wait.
        while (!w.sleep.park()) {
        }
    }
}

/// Its thread_locals are destroyed; what follows, and the next task, runs under the kernel thread's TLS.
void give_tls_back(abi::task_extras& extras) noexcept {
    carrier* c = this_carrier();
    c->wear_own_tls();
    kernel::give_own_tls(std::exchange(extras.tls, nullptr));
}

/// Returns the task that waited for t, now ready, when it belongs to the runtime on which we stand: the caller sees to it that it goes on.
/// Null when nobody waited, or whoever did has been woken.
task* end(task* t) noexcept {
    runtime_core* const home = t->home;
    // mo: relaxed: only the present owner writes.
    t->state.store(task_state::done, std::memory_order_relaxed);
    // mo: acquire -> detach_task's exchange: its last use of the task. Detached is for good.
    if (t->join_word.load(std::memory_order_acquire) == abi::join_detached) {
        discard(t);
        return nullptr;
    }
    // mo: acq_rel: release -> is_done's acquire: the outcome; acquire -> the waiter's CAS: its fields.
    const std::uintptr_t before = t->join_word.exchange(abi::join_done, std::memory_order_acq_rel);
    switch (before) {
    case abi::join_waiting: // the handle's holder frees it; from here on t is not ours
        return nullptr;
    case abi::join_detached:
        discard(t);
        return nullptr;
    default: {
        auto* waiting = reinterpret_cast<abi::waiter*>(before);
        if (waiting->wake == &wake_task) {
            task* const joiner = static_cast<task_waiter*>(waiting)->self;
            if (joiner->home == home) {
                make_ready(joiner);
                return joiner;
            }
        }
        waiting->wake(waiting);
        return nullptr;
    }
    }
}

} // namespace

void run_exit_of_extras(task* t) noexcept {
    t->extras->run_exit();
    end_if_forked(*t); // there is user code in it
    if (t->extras->tls) {
        give_tls_back(*t->extras);
    }
}

void free_extras(task* t) noexcept {
    delete t->extras;
    t->extras = nullptr; // it is still the running task for a moment, and a panic would name it
}

void end_in_child(const task& t) noexcept {
    if (!t.home->lost_to_fork()) {
        return;
    }
    if (t.own_tls) {
        std::exit(0); // as the function of a std::thread does there, which is the last thread of its process
    }
    base::panic("a task that has called fork() returned in the child, where nobody waits for it: leave the child by exec or _exit");
}

carrier& complete_alone(task* t, task*& joiner) noexcept {
    joiner = end(t);
    carrier& here = *this_carrier(); // a destructor in end() may have suspended
    // Counted last, so that a runtime is not quiescent while an outcome is being destroyed.
    worker::count(here.held->finished);
    return here;
}

carrier& complete_in_place(task* t) noexcept {
    run_exit(t);
    // mo: relaxed: only the present owner writes.
    t->state.store(task_state::done, std::memory_order_relaxed);
    // mo: release -> is_done's acquire: the outcome. A plain store: the handle's holder is the joiner, who waits below us.
    t->join_word.store(abi::join_done, std::memory_order_release);
    carrier& here = *this_carrier();
    worker::count(here.held->finished);
    return here;
}

void fail_without_stack(carrier& c, task* t, const base::refusal& why) noexcept {
    // The destructors of what t's callable has captured are user code, and we may stand on another task's stack: so they run as on
    // a foreign thread, where weft's waits block instead of suspending.
    worker& w = *c.held;
    w.tell_ends(); // before user code that may wait for it
    task* const others = c.running;
    c.held = nullptr;
    c.running = t;
    t->operations->fail(*t, c.core.no_stack.as_exception(why));
    run_exit(t);
    const auto tell = t->operations->tell_group;
    if (tell) {
        tell(abi::group_of(*t), 1);
    }
    c.running = others;
    c.held = &w;
    if (tell) {
        free_descriptor(t, w);
    } else if (task* joiner = end(t)) { // a detached task's lost exception ends the program
        w.add_woken(joiner);
    }
    worker::count(w.finished);
}

} // namespace weft::scheduler

namespace weft::abi {

using namespace weft::scheduler;

namespace {

/// Waits for a task that does not run on top of us.
[[gnu::noinline]] void await_apart(const carrier* c, task* t) {
    if (c && c->running == t) {
        throw std::system_error(std::make_error_code(std::errc::resource_deadlock_would_occur),
                                "weft::join_handle::join: a task cannot wait for itself");
    }
    if (t->home->lost_to_fork()) [[unlikely]] {
        throw std::system_error(std::make_error_code(std::errc::no_such_process),
                                "weft: join: the task was started before fork(), and only the parent process runs it");
    }
    if (c) {
        task_waiter w;
        w.wake = &wake_task;
        w.awaited = t;
        suspend(&wait_on_join_word, &w);
    } else {
        wait_as_thread(t);
    }
}

} // namespace

void await_task(task* t) {
    carrier* const c = suspending_carrier();
    if (!(c && c->running != t && t->home == &c->core && run_in_place(*c, t))) {
        await_apart(c, t);
    }
}

void detach_task(task* t) noexcept {
    // mo: acq_rel: acquire -> complete's exchange: the outcome that we may have to destroy; release -> the same exchange: our
    // last use of the task.
    if (t->join_word.exchange(join_detached, std::memory_order_acq_rel) == join_done) {
        discard(t);
    }
}

void release_task(task* t) noexcept {
    if (carrier* c = this_carrier(); c && c->held) {
        free_descriptor(t, *c->held);
    } else {
        free_extras(t);
        give_to_depot(t);
    }
}

} // namespace weft::abi

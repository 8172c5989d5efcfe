// SPDX-License-Identifier: MIT
#include "sync/chooser.hpp"
#include "scheduler/carrier.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/suspend.hpp"

namespace weft::sync {

namespace {

using abi::chooser;
using word = std::atomic<std::uintptr_t>;

struct waiting_task : abi::waiter {
    word* event = nullptr;
    abi::task* self = nullptr;
};

/// False when the event was fired before.
bool leave_waiter(word& event, abi::waiter& w) noexcept {
    std::uintptr_t seen = chooser::nobody;
    // mo: release -> chooser::fire's exchange: the waiter's fields. Failure acquire -> the same exchange: what the winner wrote.
    return event.compare_exchange_strong(seen, reinterpret_cast<std::uintptr_t>(&w), std::memory_order_release,
                                         std::memory_order_acquire);
}

void wake_task(abi::waiter* w) noexcept {
    scheduler::resume(static_cast<waiting_task*>(w)->self);
}

void publish_task(void* argument, abi::task* self) noexcept {
    auto* w = static_cast<waiting_task*>(argument);
    w->self = self;
    if (!leave_waiter(*w->event, *w)) {
        scheduler::resume(self);
    }
}

/// The running task waits; it may go on on another worker.
void suspend_until(word& event) noexcept {
    // mo: acquire -> chooser::fire's exchange, or timer_over's: what the winner wrote.
    if (event.load(std::memory_order_acquire) == chooser::fired) {
        return;
    }
    waiting_task w;
    w.wake = &wake_task;
    w.event = &event;
    scheduler::suspend(&publish_task, &w);
}

struct deadline_timer : time::timer {
    chooser* who = nullptr;
    word over{chooser::nobody}; // atomic, as chooser::event; fired only when the timer has not decided
};

void time_is_up(time::timer& t) noexcept {
    auto& timer = static_cast<deadline_timer&>(t);
    if (timer.who->claim(chooser::timed_out)) {
        timer.who->fire();
        return;
    }
    // mo: acq_rel: release -> suspend_until's acquire: our last use of the timer; acquire -> leave_waiter's CAS: the waiter's fields.
    const std::uintptr_t sleeps = timer.over.exchange(chooser::fired, std::memory_order_acq_rel);
    if (sleeps != chooser::nobody) {
        auto* w = reinterpret_cast<abi::waiter*>(sleeps);
        w->wake(w);
    }
}

struct waiting_thread : abi::waiter {
    scheduler::parker sleep;
};

void wake_thread(abi::waiter* w) noexcept {
    static_cast<waiting_thread*>(w)->sleep.unpark();
}

void sleep_as_thread(chooser& who, std::uint64_t deadline) noexcept {
    waiting_thread w;
    w.wake = &wake_thread;
    if (!leave_waiter(who.event, w)) {
        return;
    }
    while (!w.sleep.park(deadline)) {
        if (who.claim(chooser::timed_out)) {
            return; // we are the winner: nobody will fire
        }
        deadline = kernel::never; // somebody has won, and owes us the fire
    }
}

bool runs_as_task() noexcept {
    return scheduler::suspending_carrier() != nullptr;
}

void sleep_as_task(chooser& who, std::uint64_t deadline) noexcept {
    if (deadline == kernel::never) {
        suspend_until(who.event);
        return;
    }
    deadline_timer timer;
    timer.deadline = deadline;
    timer.fire = &time_is_up;
    timer.who = &who;
    // The timer is of this runtime's clock, whichever worker we are on when we go on.
    scheduler::runtime_core& core = scheduler::this_carrier()->core;
    if (!core.clock.insert(timer)) {
        core.find_keeper();
    }
    suspend_until(who.event);
    // mo: relaxed: the event, or the CAS that saw it, has ordered us after the claim.
    if (who.winner.load(std::memory_order_relaxed) != chooser::timed_out && !core.clock.remove(timer)) {
        suspend_until(timer.over);
    }
}

} // namespace

sleep_of_chooser::sleep_of_chooser(abi::chooser& who, std::uint64_t deadline) : who_(who), deadline_(deadline) {
    if (deadline != kernel::never && runs_as_task()) {
        scheduler::this_carrier()->core.clock.reserve();
    }
}

void sleep_of_chooser::sleep() noexcept {
    if (runs_as_task()) {
        sleep_as_task(who_, deadline_);
    } else {
        sleep_as_thread(who_, deadline_);
    }
}

} // namespace weft::sync

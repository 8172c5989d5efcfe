// SPDX-License-Identifier: MIT
#include "sync/one_event.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/suspend.hpp"

namespace weft::sync {

namespace {

/// Leaves the waiter's address; false when the event has happened.
bool leave_waiter(std::atomic<std::uintptr_t>& word, abi::waiter& w) noexcept {
    std::uintptr_t seen = 0;
    // mo: release -> set_event's exchange: the waiter's fields. Failure acquire -> the same exchange: what was before the event.
    return word.compare_exchange_strong(seen, reinterpret_cast<std::uintptr_t>(&w), std::memory_order_release,
                                        std::memory_order_acquire);
}

struct waiting_task : abi::waiter {
    std::atomic<std::uintptr_t>* word = nullptr;
    abi::task* self = nullptr;
};

void wake_task(abi::waiter* w) noexcept {
    scheduler::resume(static_cast<waiting_task*>(w)->self);
}

void publish_task(void* argument, abi::task* self) noexcept {
    auto* w = static_cast<waiting_task*>(argument);
    w->self = self;
    if (!leave_waiter(*w->word, *w)) {
        scheduler::resume(self);
    }
}

struct waiting_thread : abi::waiter {
    scheduler::parker sleep;
};

void wake_thread(abi::waiter* w) noexcept {
    static_cast<waiting_thread*>(w)->sleep.unpark();
}

} // namespace

void await_event(std::atomic<std::uintptr_t>& word) noexcept {
    // mo: acquire -> set_event's exchange.
    if (word.load(std::memory_order_acquire) == event_happened) {
        return;
    }
    if (scheduler::suspending_carrier()) {
        waiting_task w;
        w.wake = &wake_task;
        w.word = &word;
        scheduler::suspend(&publish_task, &w);
        return;
    }
    waiting_thread w;
    w.wake = &wake_thread;
    if (leave_waiter(word, w)) {
        while (!w.sleep.park()) { // only the token may end it: the setter touches w last by leaving it
        }
    }
}

void set_event(std::atomic<std::uintptr_t>& word) noexcept {
    // mo: acq_rel: release -> await_event's acquire: what was before the event; acquire -> leave_waiter's CAS: its fields.
    const std::uintptr_t before = word.exchange(event_happened, std::memory_order_acq_rel);
    if (before != 0) {
        auto* w = reinterpret_cast<abi::waiter*>(before);
        w->wake(w);
    }
}

} // namespace weft::sync

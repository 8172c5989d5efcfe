// SPDX-License-Identifier: MIT
// A plain send or receive without a deadline and a stop request: what select.cpp does for one case, in fewer steps where a task waits.
//
//   1  lock; ready? do it, unlock: done. Left out where the ring's count says that it would be in vain
//   2  pick what runs next; lock; ready by now? unlock, and from 1 again
//   3  onto the queue, leave the stack; the next context unlocks
//
// Whoever takes the case off the queue holds the lock, so the task has left its stack: its claim has no rival, and its fire finds the
// waiter without asking by a word who was first (chooser::asleep). What select.cpp, channel.hpp and weft/channel_core.hpp say of claims,
// moves that throw and lost wake-ups holds here too. tests/model/wait_list.pml has this sleep as that of wait_in.
#include "scheduler/suspend.hpp"
#include "sync/channel.hpp"

namespace weft::abi {

namespace {

struct lone_waiter : waiter {
    channel_core* channel = nullptr;
    channel_case* operation = nullptr;
    task* self = nullptr;
};

void wake_lone(waiter* w) noexcept {
    scheduler::resume(static_cast<lone_waiter*>(w)->self);
}

bool enqueue_unless_ready(void* argument, task* self) noexcept {
    auto& w = *static_cast<lone_waiter*>(argument);
    w.channel->lock.acquire();
    if (w.channel->looks_ready_locked(*w.operation)) {
        w.channel->lock.release();
        return false;
    }
    w.self = self;
    w.operation->who->sleeps(w);
    w.channel->enqueue_locked(*w.operation);
    return true;
}

void unlock(void* argument, task*) noexcept {
    static_cast<lone_waiter*>(argument)->channel->lock.release();
}

bool attempt(channel_core& channel, channel_case& operation) {
    sync::wake_list woken;
    sync::channel_guard hold(channel.lock);
    while (channel.looks_ready_locked(operation)) {
        if (channel.attempt_locked(operation, woken)) {
            return true;
        }
        // Whoever it saw waiting had been decided elsewhere, and is off the queue now.
    }
    return false;
}

} // namespace

channel_status transfer(channel_core* channel, bool sends, void* value) {
    if (!channel || !scheduler::suspending_carrier()) {
        return operate_as_choice(channel, sends, value, {});
    }
    bool look = !channel->seems_to_wait(sends);
    for (;;) {
        chooser who;
        channel_case one(channel, sends, value);
        one.who = &who;
        if (look && attempt(*channel, one)) {
            return one.status;
        }
        lone_waiter w;
        w.wake = &wake_lone;
        w.channel = channel;
        w.operation = &one;
        if (scheduler::suspend_if(&enqueue_unless_ready, &unlock, &w) && !one.again) {
            return one.status;
        }
        look = true;
    }
}

} // namespace weft::abi

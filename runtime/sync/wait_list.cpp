// SPDX-License-Identifier: MIT
// The compiled half of weft/wait_list.hpp: how a waiter falls asleep and who wakes it.
//
// Why no wake-up is lost, and none is given twice:
//
//   the waiter                                          a waker, the deadline, an interrupt
//   A1  lock; must I wait? link the node; unlock        B1  lock; change the state; find the node; unlink it
//   A2  (the user's lock is given back)                 B2  CAS of the race's word: put in who has won, if nobody has
//   A3  leave the stack: the switch                     B3  unlock
//   A4  fetch_or of the word: armed.                    B4  was the word armed at B2? then resume the task
//       is there a winner? then go on at once
//
// The list's lock orders A1 and B1: either the waiter sees the new state, or the waker sees the node. A4 and B2 are on one word:
// either B2 comes first, then A4 finds the winner and B4 does nothing; or A4 comes first, then B4 resumes. So exactly one of the two
// does, and neither before the switch, which is the one-door rule (scheduler/suspend.hpp). The deadline and an interrupt begin at B2.
// A task in wait_in, which nothing but its list can end, has it simpler: A1 keeps the lock, A3 leaves the stack, and the next context
// unlocks. So B1 comes before A1, and the waiter sees the new state; or after the switch, and B2 is a plain store and B4 the resume.
// tests/model/wait_list.pml tries all orders.
//
// Who may touch whose memory, when:
// L1  The race and its nodes lie on the waiter's stack. A waker of a list touches them under the list's lock (B1 to B3); a waiter that
//     was ended by another takes that lock before its nodes die, and one that was won early takes it before it goes on. When B4 is
//     due the waiter sleeps until it.
// L2  The deadline's last touch is its CAS when that wins early, the resume when it wins, else the mark `over`; when the timer could
//     not be taken back, the waiter waits for that mark, by suspending.
// L3  The lock is the library's (scheduler/lock_pool.hpp), so nobody unlocks dead memory, and a late waiter finds out by it and by its
//     own node whether it is still linked, without looking at a primitive that may be gone.
#include <weft/wait_list.hpp>

#include "scheduler/lock_pool.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/suspend.hpp"

#include <chrono>
#include <functional>
#include <new>
#include <optional>
#include <utility>
#include <weft/this_task.hpp>

namespace weft::abi {

using scheduler::carrier;
using scheduler::parker;
using scheduler::pooled_lock;
using scheduler::this_carrier;

/// The door of this file to a race's private parts.
struct race_access {
    static constexpr std::uintptr_t by_deadline = wait_race::by_deadline, by_failure = wait_race::by_failure;
    [[nodiscard]] static taken try_win(wait_race& r, std::uintptr_t cause) noexcept { return r.try_win(cause); }
    static void wake(wait_race& r) noexcept { r.wake(); }
    /// Arms the race for `who`; false when it is over already.
    [[nodiscard]] static bool arm(wait_race& r, void* who) noexcept {
        r.sleeper_ = who;
        // mo: acq_rel: release -> try_win's CAS: the sleeper, and all that lies on the stack that was left; acquire -> the same CAS: what
        // an early winner did.
        if ((r.word_.fetch_or(wait_race::armed, std::memory_order_acq_rel) & ~wait_race::armed) == 0) {
            return true;
        }
        r.sleeper_ = nullptr; // an early winner does not look at it
        return false;
    }
    [[nodiscard]] static bool timed_out(const wait_race& r) noexcept {
        // mo: relaxed: the resume that brought us here carries it.
        return (r.word_.load(std::memory_order_relaxed) & ~wait_race::armed) == by_deadline;
    }
};

namespace {

constexpr std::uintptr_t is_parker = 1;

/// A4 of a task without a deadline.
void arm_task(void* argument, task* self) noexcept {
    if (!race_access::arm(*static_cast<wait_race*>(argument), self)) {
        scheduler::resume(self);
    }
}

/// The deadline of a task's wait. Lies on its stack.
struct race_timer : time::timer {
    static constexpr std::uint32_t pending = 0, is_over = 1, awaited = 2;
    wait_race* race = nullptr;
    task* self = nullptr;
    std::atomic<std::uint32_t> state{pending}; // atomic, see mo
};

void fire_race_timer(time::timer& t) noexcept {
    auto& d = static_cast<race_timer&>(t);
    switch (race_access::try_win(*d.race, race_access::by_deadline)) {
    case taken::asleep:
        race_access::wake(*d.race);
        return;
    case taken::awake: // the win is kept: arm_timed_task lets the task go on
        return;
    case taken::too_late: {
        task* const self = d.self;
        // mo: acq_rel: release -> await_timer's CAS: our last touch; acquire -> the same CAS: the task has left its stack.
        if (d.state.exchange(race_timer::is_over, std::memory_order_acq_rel) == race_timer::awaited) {
            scheduler::resume(self);
        }
        return;
    }
    }
}

/// A4 of a task with a deadline. The timer may fire at once: until we arm, the race only keeps its win.
void arm_timed_task(void* argument, task* self) noexcept {
    auto& d = *static_cast<race_timer*>(argument);
    wait_race& r = *d.race;
    runtime_core& core = *self->home;
    d.self = self;
    const bool watched = core.clock.insert(d);
    if (!race_access::arm(r, self)) {
        scheduler::resume(self);
    }
    // From here on the task may run and end; the core stays, since we are on one of its workers.
    if (!watched) {
        core.find_keeper();
    }
}

/// After the switch: the timer that could not be taken back resumes us, or has done all it does.
void await_timer(void* argument, task* self) noexcept {
    auto& d = *static_cast<race_timer*>(argument);
    std::uint32_t seen = race_timer::pending;
    // mo: release -> fire_race_timer's exchange: we have left the stack. Failure acquire -> the same: its last touch.
    if (!d.state.compare_exchange_strong(seen, race_timer::awaited, std::memory_order_release, std::memory_order_acquire)) {
        scheduler::resume(self);
    }
}

void sleep_as_timed_task(const carrier& c, wait_race& r, std::uint64_t deadline_ns) {
    try {
        c.core.clock.reserve();
    } catch (const std::bad_alloc&) {
        if (race_access::try_win(r, race_access::by_failure) != taken::too_late) {
            throw;
        }
        return; // somebody has won meanwhile: no timer is needed
    }
    race_timer d;
    d.deadline = deadline_ns;
    d.fire = &fire_race_timer;
    d.race = &r;
    scheduler::suspend(&arm_timed_task, &d);
    // If the deadline has won, its timer is over. Else it must not fire into a dead stack (L2).
    if (!race_access::timed_out(r) && !this_carrier()->core.clock.remove(d)) {
        scheduler::suspend(&await_timer, &d);
    }
}

void sleep_as_thread(wait_race& r, std::uint64_t deadline_ns) noexcept {
    parker sleep;
    if (!race_access::arm(r, reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&sleep) | is_parker))) {
        return;
    }
    if (deadline_ns != no_deadline) {
        if (sleep.park(deadline_ns) || race_access::try_win(r, race_access::by_deadline) != taken::too_late) {
            return;
        }
    }
    while (!sleep.park()) { // the winner's last touch of our stack is the token: only that may end this
    }
}

pooled_lock& as_lock(void* lock) noexcept {
    return *static_cast<pooled_lock*>(lock);
}

} // namespace

// ---- the race

taken wait_race::try_win(std::uintptr_t cause) noexcept {
    // mo: relaxed: a look; the CAS decides.
    std::uintptr_t seen = word_.load(std::memory_order_relaxed);
    do {
        if ((seen & ~armed) != 0) {
            return taken::too_late;
        }
        // mo: acq_rel: release -> arm's fetch_or and settle's load: what we did before; acquire -> arm's fetch_or: the sleeper. Failure
        // relaxed: the loser learns nothing but that it has lost.
    } while (!word_.compare_exchange_weak(seen, seen | cause, std::memory_order_acq_rel, std::memory_order_relaxed));
    return (seen & armed) != 0 ? taken::asleep : taken::awake;
}

/// By the one whose win has found the race armed.
void wait_race::wake() noexcept {
    const auto who = reinterpret_cast<std::uintptr_t>(sleeper_);
    if ((who & is_parker) != 0) {
        reinterpret_cast<parker*>(who & ~is_parker)->unpark();
    } else {
        scheduler::resume(static_cast<task*>(sleeper_));
    }
}

wait_result wait_race::wait(std::uint64_t deadline_ns) {
    if (!over()) {
        if (deadline_ns != no_deadline && deadline_ns <= ns_from_now(std::chrono::nanoseconds::zero())) {
            (void)try_win(by_deadline); // not armed, so nobody is woken
        } else if (const carrier* c = scheduler::suspending_carrier()) {
            if (deadline_ns == no_deadline) {
                scheduler::suspend(&arm_task, this);
            } else {
                sleep_as_timed_task(*c, *this, deadline_ns);
            }
        } else {
            sleep_as_thread(*this, deadline_ns);
        }
    }
    return settle();
}

/// On the waiter's stack: the section that begins there and ends in the context after it.
struct wait_race::entry {
    wait_race& race;
    const void* key;
    bool (*enters)(void*, wait_section&) noexcept;
    void* argument;
    std::optional<wait_section> held = std::nullopt;

    static bool begin(void* self, task* waiter) noexcept {
        auto& e = *static_cast<entry*>(self);
        e.race.sleeper_ = waiter;
        e.race.asleep_when_found_ = true;
        if (!e.enters(e.argument, e.held.emplace(e.key))) {
            e.held.reset();
            return false;
        }
        return true;
    }
    static void unlock(void* self, task*) noexcept { static_cast<entry*>(self)->held->end(); }
};

wait_result wait_race::wait_in(const void* key, bool (*enters)(void*, wait_section&) noexcept, void* argument,
                               std::uint64_t deadline_ns) {
    if (deadline_ns == no_deadline && scheduler::suspending_carrier()) {
        entry e{*this, key, enters, argument};
        return scheduler::suspend_if(&entry::begin, &entry::unlock, &e) ? wait_result::woken : wait_result::not_needed;
    }
    {
        wait_section held(key);
        if (!enters(argument, held)) {
            return wait_result::not_needed;
        }
    }
    return wait(deadline_ns);
}

wait_result wait_race::settle() noexcept {
    // mo: acquire -> try_win's CAS: what the winner did before.
    const std::uintptr_t cause = word_.load(std::memory_order_acquire) & ~armed;
    if (cause >= least_address) {
        winner_ = reinterpret_cast<wait_node*>(cause);
        if (!sleeper_) {
            // The taker woke nobody and may still be in its section, with more to write into the node: L1.
            const wait_section until_it_has_left(winner_->key);
        }
        return wait_result::woken;
    }
    return cause == by_deadline ? wait_result::timed_out : wait_result::interrupted;
}

bool wait_race::interrupt() noexcept {
    const taken how = try_win(by_interrupt);
    if (how == taken::asleep) {
        wake();
    }
    return how != taken::too_late;
}

// ---- the node and the section

bool wait_node::leave() noexcept {
    wait_section held(key);
    const bool was_in = list != nullptr;
    if (was_in) {
        held.unlink(*this);
    }
    key = nullptr;
    return was_in;
}

wait_section::wait_section(const void* key) noexcept : key_(key), lock_(&scheduler::pool_lock(key)) {
    as_lock(lock_).acquire();
}

wait_section::wait_section(const void* first_key, const void* second_key) noexcept
    : key_(second_key), lock_(&scheduler::pool_lock(first_key)) {
    void* second = &scheduler::pool_lock(second_key);
    if (std::less<>()(second, lock_)) { // one order for all pairs
        std::swap(second, lock_);
    }
    as_lock(lock_).acquire();
    if (second != lock_) {
        second_lock_ = second;
        as_lock(second).acquire();
    }
}

void wait_section::end() noexcept {
    // Copied: when the lock is free the stack may be gone on which we lie (wait_in).
    wait_node* woken = to_wake_;
    void* const first = std::exchange(lock_, nullptr);
    if (second_lock_) {
        as_lock(second_lock_).release();
    }
    as_lock(first).release();
    while (wait_node* n = woken) {
        woken = n->next; // woken, it may be gone
        n->race->wake();
    }
}

wait_node* wait_section::take_first(wait_list& list) noexcept {
    while (wait_node* n = list.first) {
        if (take(*n)) {
            return n;
        }
    }
    return nullptr;
}

void wait_section::take_all(wait_list& list) noexcept {
    while (wait_node* n = list.first) {
        (void)take(*n);
    }
}

// ---- the usual wait

namespace {
bool enter_in(wait_section& held, wait_list& list, wait_node& node, bool (*must_wait)(void*) noexcept, void* argument) noexcept {
    const bool must = must_wait(argument);
    if (must) {
        held.link_back(list, node);
    }
    return must;
}
} // namespace

bool enter(wait_list& list, wait_node& node, bool (*must_wait)(void*) noexcept, void* argument) noexcept {
    wait_section held(&list);
    return enter_in(held, list, node, must_wait, argument);
}

wait_result wait(wait_list& list, bool (*must_wait)(void*) noexcept, void* argument, std::uint64_t deadline_ns) {
    wait_race race;
    wait_node node(race);
    return race.wait_in(&list, [&](wait_section& held) noexcept { return enter_in(held, list, node, must_wait, argument); }, deadline_ns);
}

} // namespace weft::abi

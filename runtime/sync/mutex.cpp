// SPDX-License-Identifier: MIT
// The slow paths of weft/mutex.hpp. The word:
//
//   locked   somebody holds it
//   queued   somebody is in waiters_, so unlock must look there. Changed in the section only
//   woken    a waiter was taken out of waiters_ and has not come to the word yet: unlock need not wake another
//
//   free(0) --- lock: OR  ---> locked --- unlock: CAS ---> free
//                                | a second comes, and links itself: | queued
//                                v
//                      locked|queued --- unlock: takes the first waiter out ---> woken (|queued, if there are more)
//                        ^        | it was overtaken too often: the lock        | the waiter comes: locked, unless it was overtaken;
//                        |        v stays locked, and is its                    | then locked|queued again, it at the front
//                        +--------+---------------------------------------------+
//
// Who unlocks does not hand the mutex over, since it then would stay idle until the waiter runs, and everybody would queue up behind
// it (a convoy). So a waiter can be overtaken, by newcomers; but it goes back to the front, and after being overtaken `patience` times
// it is handed the mutex. There is one woken waiter at a time, so a release never wakes a herd; and everyone in front of a waiter is
// overtaken at most `patience` times, so nobody starves. Rejected: patience by time, as in Go's mutex (a bound that no test can count).
//
// I1  In the section, while locked is set, the word is the holder's: newcomers change it in the section (lock's OR of a bit that is set
//     changes nothing), spinners when it is free.
// I2  Unless locked or woken is set, waiters_ is empty: so somebody is under way who will look there.
// I3  The last access to the mutex by unlock is the one that frees it, or for a hand-over is in the section before the new holder runs.
// tests/model/mutex.pml tries all orders.
#include <weft/mutex.hpp>

#include "base/check.hpp"
#include "sync/mutex_watch.hpp"
#include "sync/spin.hpp"

#include <limits>
#include <system_error>

namespace weft {

constinit std::atomic<unsigned> sync::overtaken_so_far{0};

namespace abi {

namespace {

// A waiter's note.
constexpr std::uintptr_t starving = 1; // hand it the mutex
constexpr std::uintptr_t granted = 2;  // it has been handed
constexpr std::uintptr_t moved = 4;    // came from a condition variable: its race is over, it sleeps until it is woken

constexpr unsigned patience = sync::most_often_overtaken;

} // namespace

bool mutex_core::spin() noexcept {
    sync::spin_pauses pauses;
    do {
        // mo: relaxed: a look.
        if ((word_.load(std::memory_order_relaxed) & locked) == 0 && try_lock()) {
            return true;
        }
    } while (pauses.next());
    return false;
}

/// In the section: takes the mutex if it is free, else says that a waiter is about to be linked. Gives the woken bit back if it is ours.
bool mutex_core::take_or_queue(bool was_woken) noexcept {
    const std::uint32_t mine = was_woken ? woken : 0;
    // mo: relaxed: a look; the CAS decides.
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
        const bool free = (seen & locked) == 0;
        const std::uint32_t next = (seen & ~mine) | (free ? locked : queued);
        // mo: acquire -> unlock: what the last holder wrote. Failure relaxed: we look again.
        if (word_.compare_exchange_weak(seen, next, std::memory_order_acquire, std::memory_order_relaxed)) {
            return free;
        }
    }
}

bool mutex_core::lock_slowly(std::uint64_t deadline_ns, unsigned overtaken) {
    if (overtaken == 0 && sync::spinning_helps() && spin()) {
        return true;
    }
    for (;; ++overtaken) {
        wait_race race;
        wait_node node(race, overtaken >= patience ? starving : 0);
        const auto enters = [&](wait_section& held) noexcept {
            if (take_or_queue(overtaken != 0)) {
                return false;
            }
            if (overtaken != 0) {
                held.link_front(waiters_, node);
            } else {
                held.link_back(waiters_, node);
            }
            return true;
        };
        const wait_result how = race.wait_in(this, enters, deadline_ns);
        if (how == wait_result::timed_out) {
            return false; // if we were the last in the list: the holder will find it empty and take queued back
        }
        if (how == wait_result::not_needed || (node.note & granted) != 0) {
            sync::note_overtaken(overtaken);
            return true; // after a hand-over the section of unlock_slowly synchronises
        }
    }
}

void mutex_core::lock_after_wait(std::uintptr_t note) {
    if ((note & granted) != 0) {
        return;
    }
    if ((note & moved) != 0) {
        (void)lock_slowly(no_deadline, 1); // the woken bit is ours
    } else {
        lock();
    }
}

/// Takes the first waiter that still waits; null when there is none. It wakes at the section's end.
wait_node* mutex_core::take_next(wait_section& held) noexcept {
    while (wait_node* n = waiters_.first) {
        if ((n->note & starving) != 0) {
            n->note |= granted;
        }
        if ((n->note & moved) != 0) {
            held.unlink(*n);
            held.wake(*n);
            return n;
        }
        if (held.take(*n)) {
            return n;
        }
    }
    return nullptr;
}

void mutex_core::unlock_slowly() noexcept {
    // mo: relaxed: a look; the CAS decides.
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
        base::check((seen & locked) != 0, "a mutex was unlocked that nobody holds");
        if (must_wake(seen)) {
            if (unlock_and_wake()) {
                return;
            }
            // Looked at anew: whoever was under way may be queued again by now, and the word be what it was, so that a CAS from what we
            // saw before would wake nobody.
            // mo: relaxed: a look; the CAS decides.
            seen = word_.load(std::memory_order_relaxed);
            continue;
        }
        // mo: release -> lock's fetch_or and the CASes that take: what we wrote. Failure relaxed: we look again.
        if (word_.compare_exchange_weak(seen, seen & ~locked, std::memory_order_release, std::memory_order_relaxed)) {
            return;
        }
    }
}

/// False when somebody is under way by now (pass_on), so that nobody need be woken.
bool mutex_core::unlock_and_wake() noexcept {
    wait_section held(this);
    // mo: relaxed: the section orders it.
    if ((word_.load(std::memory_order_relaxed) & woken) != 0) {
        return false;
    }
    const wait_node* next = take_next(held);
    const bool handed_over = next && (next->note & granted) != 0;
    const std::uint32_t more = waiters_.empty() ? 0 : queued;
    // A plain store: I1. mo: release -> lock's fetch_or and the CASes that take: what we wrote.
    word_.store(more | (handed_over ? locked : next ? woken : 0), std::memory_order_release);
    return true;
}

void mutex_core::adopt(wait_section& both, wait_node& sleeping) noexcept {
    sleeping.note = moved;
    both.link_back(waiters_, sleeping);
}

void mutex_core::pass_on(wait_section& both) noexcept {
    // mo: relaxed: a look; the CAS decides.
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    bool took = false;
    for (;;) {
        if ((seen & (locked | woken)) == 0 && !took) {
            took = take_next(both) != nullptr; // nobody is under way who would (I2)
        }
        const std::uint32_t next = (seen & ~queued) | (took ? woken : 0) | (waiters_.empty() ? 0 : queued);
        // mo: relaxed, both: nothing is published by these bits; the section is.
        if (word_.compare_exchange_weak(seen, next, std::memory_order_relaxed, std::memory_order_relaxed)) {
            return;
        }
    }
}

void mutex_core::destroyed_in_use() const noexcept {
    // mo: relaxed: for the sentence.
    const std::uint32_t seen = word_.load(std::memory_order_relaxed);
    base::panic((seen & locked) != 0 ? "a mutex was destroyed while it was locked"
                                     : "a mutex was destroyed while somebody waited for it");
}

// ---- the recursive ones

recursive_core::again recursive_core::lock_again(std::uint64_t me) noexcept {
    // mo: relaxed: only we write our own number, and take it away; any other value says stranger.
    if (owner_.load(std::memory_order_relaxed) != me) {
        return again::stranger;
    }
    if (depth_ == std::numeric_limits<std::uint32_t>::max()) {
        return again::full;
    }
    ++depth_;
    return again::counted;
}

void recursive_core::own(std::uint64_t me) noexcept {
    // mo: relaxed: as in lock_again; the mutex orders depth_.
    owner_.store(me, std::memory_order_relaxed);
    depth_ = 1;
}

void recursive_core::lock() {
    const std::uint64_t me = agent_number();
    switch (lock_again(me)) {
    case again::stranger:
        core_.lock();
        own(me);
        return;
    case again::counted:
        return;
    case again::full:
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                                "weft::recursive_mutex::lock: held 2^32 - 1 times already");
    }
}

bool recursive_core::try_lock() noexcept {
    const std::uint64_t me = agent_number();
    const again how = lock_again(me);
    if (how != again::stranger) {
        return how == again::counted;
    }
    if (!core_.try_lock()) {
        return false;
    }
    own(me);
    return true;
}

bool recursive_core::try_lock_until(std::uint64_t deadline_ns) {
    const std::uint64_t me = agent_number();
    const again how = lock_again(me);
    if (how != again::stranger) {
        return how == again::counted;
    }
    if (!core_.try_lock_until(deadline_ns)) {
        return false;
    }
    own(me);
    return true;
}

void recursive_core::unlock() noexcept {
    // mo: relaxed: as in lock_again.
    base::check(owner_.load(std::memory_order_relaxed) == agent_number(),
                "a recursive mutex was unlocked by somebody who does not hold it");
    if (--depth_ == 0) {
        // mo: relaxed: as in lock_again.
        owner_.store(0, std::memory_order_relaxed);
        core_.unlock();
    }
}

} // namespace abi

// ---- call_once

bool once_flag::begin() {
    for (;;) {
        bool ours = false;
        struct question {
            once_flag* flag;
            bool* ours;
        } q{this, &ours};
        const auto how = abi::wait(
            waiters_,
            [](void* argument) noexcept {
                auto& asked = *static_cast<question*>(argument);
                // mo: acquire -> end()'s store: what f did.
                const std::uint32_t state = asked.flag->state_.load(std::memory_order_acquire);
                if (state == untried) {
                    *asked.ours = true;
                    // mo: relaxed: the section orders it.
                    asked.flag->state_.store(running, std::memory_order_relaxed);
                }
                return state == running;
            },
            &q);
        if (how == abi::wait_result::not_needed) {
            return ours;
        }
    }
}

void once_flag::end(bool returned) noexcept {
    abi::wait_section held(&waiters_);
    if (returned) {
        held.take_all(waiters_);
    } else {
        (void)held.take_first(waiters_); // it, or somebody faster, tries
    }
    // mo: release -> call_once's and begin's acquire: what f did.
    state_.store(returned ? done : untried, std::memory_order_release);
}

} // namespace weft

// SPDX-License-Identifier: MIT
// The compiled half of weft/condition_variable.hpp.
//
// notify takes the condition's lock and the mutex's together, because a waiter goes from the one's list to the other's and must be in
// one of them. Which mutex it is, with_ says; it is a guess until the waiter itself is seen under the lock, and then it lives: its
// waiter cannot return without locking it. A waiter is notified by winning its race (weft/wait_list.hpp):
//   asleep    it is moved to the mutex's list and woken by an unlock, or by pass_on() when the mutex is free
//   awake     it has not fallen asleep yet: it goes on by itself and locks the mutex like anybody
//   too late  its time was over, or a stop was requested: the next one is notified instead
#include <weft/condition_variable.hpp>

#include "base/check.hpp"

namespace weft::abi {

void condition_core::look_again(const wait_section&) noexcept {
    const void* with = nullptr;
    if (const wait_node* first = waiters_.first) {
        with = first->data ? first->data : this;
    }
    // mo: relaxed: a notifier that must see a waiter comes after its enter() by the user's own lock, or by what else tells it.
    with_.store(with, std::memory_order_relaxed);
}

void condition_core::enter(wait_node& node, mutex_core* m, bool one_mutex) noexcept {
    node.data = m;
    wait_section held(this);
    if (one_mutex) {
        base::check(waiters_.empty() || waiters_.first->data == m, "a condition variable is waited for with two different mutexes at once");
    }
    held.link_back(waiters_, node);
    look_again(held);
}

void condition_core::leave(wait_node& node) noexcept {
    if (!node.key || node.race->winner() == &node) {
        return; // notified: we may be gone already
    }
    wait_section held(node.key);
    if (node.list) {
        held.unlink(node);
        look_again(held);
    }
    node.key = nullptr;
}

void condition_core::notify(bool all) noexcept {
    // mo: relaxed: see look_again.
    while (const void* with = with_.load(std::memory_order_relaxed)) {
        wait_section both(this, with);
        auto* m = with == this ? nullptr : static_cast<mutex_core*>(const_cast<void*>(with));
        bool moved = false, notified = false;
        // A waiter with another mutex ends this round, and is the next round's first.
        while (waiters_.first && waiters_.first->data == m && (all || !notified)) {
            wait_node& n = *waiters_.first;
            const taken how = m ? both.take_quietly(n) : (both.take(n) ? taken::awake : taken::too_late);
            if (how == taken::asleep) {
                m->adopt(both, n);
                moved = true;
            }
            notified = notified || how != taken::too_late;
        }
        const bool more = waiters_.first && (all || !notified);
        look_again(both);
        if (moved) {
            m->pass_on(both);
        }
        if (!more) {
            return; // we may be gone by now
        }
    }
}

wait_result condition_core::wait(mutex_core& m, wait_race& race, std::uint64_t deadline_ns, bool one_mutex) {
    wait_node node(race);
    struct relocked {
        condition_core& core;
        mutex_core& m;
        wait_node& node;
        ~relocked() {
            core.leave(node); // before the lock is taken: it may be long until then
            m.lock_after_wait(node.race->winner() == &node ? node.note : 0);
        }
    };
    enter(node, &m, one_mutex);
    m.unlock();
    const relocked at_end{*this, m, node};
    return race.wait(deadline_ns);
}

void condition_core::not_locked() noexcept {
    base::panic("a condition variable is waited for by somebody who does not hold the lock");
}

void condition_core::destroyed_in_use() noexcept {
    base::panic("a condition variable was destroyed while somebody waited for it");
}

} // namespace weft::abi

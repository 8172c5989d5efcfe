// SPDX-License-Identifier: MIT
// The compiled half of weft/stop_token.hpp.
//
// The lock is a bit of the word. It is held for a few instructions that link or unlink a node, never while a callback runs, and never
// across a suspension; so a loser spins, and lets the kernel run others in case the holder has lost its CPU.
//
//   a node:  linked -- request_stop takes it --> being called -- the call returns --> finished
//               | deregister unlinks it              | deregister by the requester: marks it gone, does not wait
//               v                                    | deregister by another: waits for finished
//              free
//
// I1  `requester` is written under the lock before the first node is taken out for a call.
// I2  The requester touches a node after its call only if the call has not destroyed it (`gone`), and last by setting `finished`.
#include "sync/one_event.hpp"
#include <sched.h>
#include <weft/stop_token.hpp>

namespace weft::abi {

namespace {

constexpr unsigned spins_before_yield = 64;

void acquire_lock(stop_state& s) noexcept {
    for (unsigned spins = 0;; ++spins) {
        // mo: relaxed: a look; the CAS takes.
        std::uint32_t seen = s.word.load(std::memory_order_relaxed);
        // mo: acquire -> release_lock: the list. Failure relaxed: nothing was read.
        if ((seen & stop_state::locked) == 0 &&
            s.word.compare_exchange_weak(seen, seen | stop_state::locked, std::memory_order_acquire, std::memory_order_relaxed)) {
            return;
        }
        if (spins >= spins_before_yield) {
            sched_yield();
        }
    }
}

void release_lock(stop_state& s) noexcept {
    // mo: release -> acquire_lock and request_stop's CAS: the list and the requester.
    s.word.fetch_and(~stop_state::locked, std::memory_order_release);
}

void link(stop_state& s, stop_node& n) noexcept {
    n.next = s.first;
    n.previous = nullptr;
    if (s.first) {
        s.first->previous = &n;
    }
    s.first = &n;
    n.linked = true;
}

void unlink(stop_state& s, stop_node& n) noexcept {
    if (n.previous) {
        n.previous->next = n.next;
    } else {
        s.first = n.next;
    }
    if (n.next) {
        n.next->previous = n.previous;
    }
    n.linked = false;
}

/// Sets the requested bit and takes the lock, at once. False when the bit was set.
bool claim_request(stop_state& s) noexcept {
    for (unsigned spins = 0;; ++spins) {
        // mo: acquire -> the winner's CAS: a loser, too, sees what came before the request.
        std::uint32_t seen = s.word.load(std::memory_order_acquire);
        if ((seen & stop_state::requested) != 0) {
            return false;
        }
        // mo: acq_rel: release -> stop_requested's acquire; acquire -> release_lock: the list. Failure relaxed: we look again.
        if ((seen & stop_state::locked) == 0 &&
            s.word.compare_exchange_weak(seen, seen | stop_state::requested | stop_state::locked, std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {
            return true;
        }
        if (spins >= spins_before_yield) {
            sched_yield();
        }
    }
}

} // namespace

bool request_stop(stop_state& s) noexcept {
    if (!claim_request(s)) {
        return false;
    }
    s.hold(); // a callback may destroy the source that we were called through
    s.requester = agent_number();
    while (stop_node* n = s.first) {
        unlink(s, *n);
        bool gone = false;
        n->gone = &gone;
        release_lock(s);
        n->call(n);
        if (!gone) {
            n->gone = nullptr;
            sync::set_event(n->finished);
        }
        acquire_lock(s);
    }
    release_lock(s);
    s.let_go();
    return true;
}

void register_stop_callback(stop_state& s, stop_node& n) noexcept {
    if (!s.stop_possible()) {
        return;
    }
    acquire_lock(s);
    // mo: relaxed: the lock's acquire covers it.
    if ((s.word.load(std::memory_order_relaxed) & stop_state::requested) != 0) {
        release_lock(s);
        n.call(&n);
        return;
    }
    n.state = &s;
    s.hold();
    link(s, n);
    release_lock(s);
}

void deregister_stop_callback(stop_node& n) noexcept {
    stop_state& s = *n.state;
    acquire_lock(s);
    const bool was_linked = n.linked;
    if (was_linked) {
        unlink(s, n);
    }
    const std::uint64_t requester = s.requester;
    release_lock(s);
    if (!was_linked) {
        if (requester != agent_number()) {
            sync::await_event(n.finished);
        } else if (n.gone) {
            *n.gone = true; // we are in the call, or in something that it called
        }
    }
    s.let_go();
}

} // namespace weft::abi

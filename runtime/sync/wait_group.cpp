// SPDX-License-Identifier: MIT
// The count is one word that all change without a lock, but for the change to zero: that is made under the lock of the list, and so is a
// waiter's look at it. So either the waiter sees zero, or the one that makes it zero sees the waiter; no wake-up is lost. And whoever
// makes it zero touches the group last under that lock, before anybody who waits, or looks, can have gone on and destroyed it.
#include "base/check.hpp"
#include <weft/wait_group.hpp>

namespace weft {

void wait_group::add(std::ptrdiff_t n) noexcept {
    // mo: relaxed: only a first guess.
    std::ptrdiff_t now = count_.load(std::memory_order_relaxed);
    for (;;) {
        const std::ptrdiff_t next = now + n;
        base::check(next >= 0, "weft::wait_group: more was done than had been added");
        if (next == 0 && n != 0) {
            break;
        }
        // mo: release -> the acq_rel fetch_add that makes it zero: what this one has done. Failure order relaxed: another guess.
        if (count_.compare_exchange_weak(now, next, std::memory_order_release, std::memory_order_relaxed)) {
            return;
        }
    }
    abi::wait_section held(&waiting_);
    // mo: acq_rel: acquire -> every earlier add: what was done; the lock carries it, and this, to who waits.
    const std::ptrdiff_t next = count_.fetch_add(n, std::memory_order_acq_rel) + n;
    base::check(next >= 0, "weft::wait_group: more was done than had been added");
    if (next == 0) {
        held.take_all(waiting_);
    }
}

bool wait_group::must_wait(abi::wait_node& node) noexcept {
    abi::wait_section held(&waiting_);
    // mo: relaxed: it comes to zero under this lock.
    if (count_.load(std::memory_order_relaxed) == 0) {
        return false;
    }
    held.link_back(waiting_, node);
    return true;
}

bool wait_group::wait_until_ns(std::uint64_t deadline) {
    abi::wait_race race;
    abi::wait_node node(race);
    if (deadline == 0) {
        abi::wait_section held(&waiting_);
        // mo: relaxed: it comes to zero under this lock.
        return count_.load(std::memory_order_relaxed) == 0;
    }
    return !must_wait(node) || race.wait(deadline) == abi::wait_result::woken;
}

void wait_group::destroyed_with_waiters() const noexcept {
    base::panic("a weft::wait_group was destroyed while somebody waited for it");
}

} // namespace weft

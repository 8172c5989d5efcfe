// SPDX-License-Identifier: MIT
// The compiled half of weft/latch.hpp.
//
// I1  Zero is written once, and is the last access to the latch: by a CAS when nobody waits, else in the section, after all waiters have
//     been taken out.
#include <weft/latch.hpp>

#include "base/check.hpp"

namespace weft {

void latch::count_down(std::ptrdiff_t update) noexcept {
    const auto units = static_cast<std::uint64_t>(update);
    base::check(update >= 0, "a latch was counted down by a negative number");
    // mo: relaxed: a look; the CAS decides.
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    do {
        base::check(units <= (seen & ~queued), "a latch was counted down below zero");
        if (seen == (units | queued) && units != 0) {
            abi::wait_section held(&waiters_);
            // mo: acquire -> the CAS of those who counted before us: what we pass on by the section. The word is ours: all others have
            // counted, and who is in the list sets nothing.
            seen = word_.load(std::memory_order_acquire);
            if (seen == (units | queued)) {
                held.take_all(waiters_);
                // mo: release -> try_wait's acquire: what we and those before us did.
                word_.store(0, std::memory_order_release);
                return;
            }
            // A waiter has given up. What we saw before the section must not go into the CAS: another may be queued when it comes.
        }
        // mo: acq_rel: release -> try_wait's acquire, acquire -> the CAS before ours, so that the last store above carries all. Failure
        // relaxed: we look again.
    } while (!word_.compare_exchange_weak(seen, seen - units, std::memory_order_acq_rel, std::memory_order_relaxed));
}

void latch::wait() const {
    abi::wait_race race;
    abi::wait_node node(race);
    if (!try_wait() && enter(node)) {
        (void)race.wait();
    }
}

bool latch::enter(abi::wait_node& node) const noexcept {
    abi::wait_section held(&waiters_);
    // mo: acquire -> count_down: as try_wait.
    std::uint64_t seen = word_.load(std::memory_order_acquire);
    // mo: relaxed: a mark; the section orders it. Failure acquire, as the load.
    while (seen != 0 && !word_.compare_exchange_weak(seen, seen | queued, std::memory_order_acquire, std::memory_order_acquire)) {
    }
    if (seen != 0) {
        held.link_back(waiters_, node);
    }
    return seen != 0;
}

void latch::leave(abi::wait_node& node) const noexcept {
    abi::wait_section held(&waiters_);
    if (node.list) { // else the last one has taken it out, and may have written zero
        held.unlink(node);
        if (waiters_.empty()) {
            // mo: relaxed: a mark; the section orders it.
            word_.fetch_and(~queued, std::memory_order_relaxed);
        }
    }
    node.key = nullptr;
}

void latch::bad_count() noexcept {
    base::panic("a latch was made with a count below zero");
}

void latch::destroyed_in_use() noexcept {
    base::panic("a latch was destroyed while somebody waited for it");
}

} // namespace weft

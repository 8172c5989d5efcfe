// SPDX-License-Identifier: MIT
// The slow paths of weft/semaphore.hpp.
//
// I1  queued is set while, and only while, waiters_ is not empty, when the section is left; then the counter is 0, and it is changed in
//     the section alone.
// I2  So a release that sees queued does all in the section: adding first and looking for waiters afterwards would look into a
//     semaphore that the taker of the unit has destroyed meanwhile.
#include <weft/semaphore.hpp>

#include "base/check.hpp"

namespace weft::abi {

bool semaphore_core::enter(wait_node& node) noexcept {
    wait_section held(this);
    return enter_in(held, node);
}

bool semaphore_core::enter_in(wait_section& held, wait_node& node) noexcept {
    // mo: relaxed: a look; the CAS decides.
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
        const bool ours = (seen & count_bits) != 0;
        // mo: acquire -> release's CAS: what the releaser did. Failure relaxed: we look again.
        if (word_.compare_exchange_weak(seen, ours ? seen - 1 : seen | queued, std::memory_order_acquire, std::memory_order_relaxed)) {
            if (!ours) {
                held.link_back(waiters_, node);
            }
            return !ours;
        }
    }
}

bool semaphore_core::wait_for_one(std::uint64_t deadline_ns) {
    wait_race race;
    wait_node node(race);
    const place_in_line<semaphore_core> at_end{*this, node};
    const auto how = race.wait_in(this, [&](wait_section& held) noexcept { return enter_in(held, node); }, deadline_ns);
    return how == wait_result::woken || how == wait_result::not_needed; // then the unit is ours
}

void semaphore_core::leave(wait_node& node) noexcept {
    wait_section held(this);
    if (node.list) {
        held.unlink(node);
        if (waiters_.empty()) {
            // mo: relaxed: the counter is 0 and nobody learns anything by it.
            word_.store(0, std::memory_order_relaxed);
        }
    }
    node.key = nullptr;
}

void semaphore_core::release(std::ptrdiff_t update, std::ptrdiff_t most) noexcept {
    base::check(update >= 0, "a semaphore was released by a negative number");
    base::check(update <= most, "a semaphore was released above its max()");
    const auto units = static_cast<std::uint64_t>(update);
    // mo: relaxed: a look; the CAS decides.
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
        if ((seen & queued) != 0 && units != 0) {
            wait_section held(this);
            // mo: relaxed: I1, the section orders it.
            seen = word_.load(std::memory_order_relaxed);
            if ((seen & queued) != 0) {
                std::uint64_t left = units;
                while (left != 0 && held.take_first(waiters_)) {
                    --left;
                }
                // mo: release -> try_acquire's CAS: what we did before. The last access: an acquirer may destroy us.
                word_.store(left | (waiters_.empty() ? 0 : queued), std::memory_order_release);
                return;
            }
            // The waiters have given up. What we saw before the section must not go into the CAS: another may be queued when it comes.
        }
        base::check(units <= static_cast<std::uint64_t>(most) - (seen & count_bits), "a semaphore was released above its max()");
        // mo: release -> try_acquire's CAS: what we did before. Failure relaxed: we look again.
        if (word_.compare_exchange_weak(seen, seen + units, std::memory_order_release, std::memory_order_relaxed)) {
            return;
        }
    }
}

void semaphore_core::bad_initial_value() noexcept {
    base::panic("a semaphore was made with a counter outside of 0 to max()");
}

void semaphore_core::destroyed_in_use() noexcept {
    base::panic("a semaphore was destroyed while somebody waited for it");
}

} // namespace weft::abi

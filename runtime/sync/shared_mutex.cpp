// SPDX-License-Identifier: MIT
// The slow paths of weft/shared_mutex.hpp.
//
// I1  While queued is set nobody takes the lock but in the section, by being handed it; only readers still leave without it, as long as
//     another one stays. So in the section, with queued set, neither "a writer holds it" nor "a reader holds it" can cease to be true.
// I2  queued is set while, and only while, waiters_ is not empty, when the section is left. (A waiter that gives up restores it.)
// I3  The first in line can not be served as things stand: it is a writer, or there is a writer.
// I4  The last access to the object by who gives it back is the store or CAS that does so, and the section follows only in its own lock.
#include <weft/shared_mutex.hpp>

#include "base/check.hpp"
#include "sync/spin.hpp"

namespace weft::abi {

bool shared_mutex_core::spin(std::uint32_t wanted) noexcept {
    sync::spin_pauses pauses;
    do {
        // mo: relaxed: a look. With somebody in line there is nothing to gain.
        if ((word_.load(std::memory_order_relaxed) & queued) != 0) {
            return false;
        }
        if (wanted == writer ? try_lock() : try_lock_shared()) {
            return true;
        }
    } while (pauses.next());
    return false;
}

/// In the section: true when it is ours now; else queued is set.
bool shared_mutex_core::take_or_queue(std::uint32_t wanted) noexcept {
    // mo: relaxed: a look; the CAS decides.
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
        const bool ours = wanted == writer ? seen == 0 : (seen & (writer | queued)) == 0 && seen != most_readers;
        // mo: acquire -> what gave it back: what the holders wrote. Failure relaxed: we look again.
        if (word_.compare_exchange_weak(seen, ours ? seen + wanted : seen | queued, std::memory_order_acquire, std::memory_order_relaxed)) {
            return ours;
        }
    }
}

bool shared_mutex_core::wait_for(std::uint32_t wanted, std::uint64_t deadline_ns) {
    if (sync::spinning_helps() && spin(wanted)) {
        return true;
    }
    wait_race race;
    wait_node node(race, wanted);
    const auto enters = [&](wait_section& held) noexcept {
        const bool ours = take_or_queue(wanted);
        if (!ours) {
            held.link_back(waiters_, node);
        }
        return !ours;
    };
    const place_in_line<shared_mutex_core> at_end{*this, node};
    const wait_result how = race.wait_in(this, enters, deadline_ns);
    return how == wait_result::woken || how == wait_result::not_needed; // then it is ours
}

/// Takes the first in line, and when that is a reader all readers up to the next writer; with readers_inside no writer. Returns what they
/// add to the word.
std::uint32_t shared_mutex_core::next_in_line(wait_section& held, bool readers_inside) noexcept {
    std::uint32_t added = 0;
    while (wait_node* n = waiters_.first) {
        if ((added != 0 || readers_inside) && n->note == writer) {
            break;
        }
        const auto wants = static_cast<std::uint32_t>(n->note);
        if (held.take(*n)) {
            added += wants;
            if (wants == writer) {
                break;
            }
        }
    }
    return added | (waiters_.empty() ? 0 : queued);
}

/// Somebody who waited gives up. Those behind may have waited for nobody else.
void shared_mutex_core::leave(wait_node& node) noexcept {
    wait_section held(this);
    if (!node.list) {
        node.key = nullptr;
        return; // refused by a taker, who has seen to the rest
    }
    held.unlink(node);
    node.key = nullptr;
    // mo: relaxed: a look; I1 says what is certain.
    const std::uint32_t seen = word_.load(std::memory_order_relaxed);
    // If readers hold it, the readers behind us join them.
    const std::uint32_t added = (seen & writer) == 0 ? next_in_line(held, true) & ~queued : 0;
    // mo: relaxed: a look; the CAS decides.
    std::uint32_t now = word_.load(std::memory_order_relaxed);
    std::uint32_t next = 0;
    do {
        next = ((now & ~queued) + added) | (waiters_.empty() ? 0 : queued);
        // mo: acq_rel: the readers that join must see what the last writer wrote; we pass on what the present ones have seen.
    } while (!word_.compare_exchange_weak(now, next, std::memory_order_acq_rel, std::memory_order_relaxed));
}

void shared_mutex_core::unlock_slowly() noexcept {
    // mo: relaxed: a look; only the holder may be here.
    base::check((word_.load(std::memory_order_relaxed) & writer) != 0, "a shared mutex was unlocked that nobody holds exclusively");
    wait_section held(this);
    // A plain store: I1. mo: release -> the acquire of who takes it: what we wrote. Who is handed it has the section.
    word_.store(next_in_line(held, false), std::memory_order_release);
}

void shared_mutex_core::unlock_shared() noexcept {
    // mo: relaxed: a look; the CAS decides.
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    do {
        base::check((seen & most_readers) != 0 && (seen & writer) == 0, "a shared mutex was unlocked that nobody holds shared");
        if (seen == (queued | reader)) { // the last one hands it on
            wait_section held(this);
            // mo: acquire -> the other readers' release: what they did comes before what the next holder does.
            seen = word_.load(std::memory_order_acquire);
            if (seen == (queued | reader)) {
                // mo: release -> the acquire of who takes it. A plain store: I1.
                word_.store(next_in_line(held, false), std::memory_order_release);
                return;
            }
        }
        // mo: release -> the acquire of who takes it: our reads come before their writes. Failure relaxed: we look again.
    } while (!word_.compare_exchange_weak(seen, seen - reader, std::memory_order_release, std::memory_order_relaxed));
}

void shared_mutex_core::destroyed_in_use() noexcept {
    base::panic("a shared mutex was destroyed while it was locked or waited for");
}

} // namespace weft::abi

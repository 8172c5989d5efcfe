// SPDX-License-Identifier: MIT
// The compiled half of weft/atomic.hpp: a table of lists for those who wait at an address.
//
// The lists stand beside the pool's locks, one each, so that an address leads to both; one list may hold waiters of several addresses.
// No wake-up is lost: the notifier has changed the value before it takes the lock; a waiter asks for the value under the same lock, and
// links itself. If the waiter is first, the notifier finds it; if the notifier is, its lock carries the new value to the waiter.
#include <weft/atomic.hpp>

#include "scheduler/lock_pool.hpp"

namespace weft::abi {

namespace {
constinit wait_list lists[std::size_t{1} << scheduler::lock_pool_bits]; // each guarded by the pool's lock of the same index
} // namespace

void wait_at(const volatile void* address, bool (*unchanged)(const void* argument) noexcept, const void* argument) noexcept {
    const void* key = const_cast<const void*>(address);
    wait_list& list = lists[scheduler::pool_index(key)];
    for (;;) {
        wait_race race;
        wait_node node(race);
        node.data = const_cast<void*>(key);
        const wait_result how = race.wait_in(key, [&](wait_section& held) noexcept {
            const bool must = unchanged(argument);
            if (must) {
                held.link_back(list, node);
            }
            return must;
        });
        if (how == wait_result::not_needed) {
            return;
        }
    }
}

void notify_at(const volatile void* address, bool all) noexcept {
    const void* key = const_cast<const void*>(address);
    wait_section held(key);
    wait_node* next = nullptr;
    for (wait_node* n = lists[scheduler::pool_index(key)].first; n; n = next) {
        next = n->next;
        if (n->data == key && held.take(*n) && !all) {
            return;
        }
    }
}

} // namespace weft::abi

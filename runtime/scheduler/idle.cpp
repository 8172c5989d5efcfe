// SPDX-License-Identifier: MIT
#include "scheduler/idle.hpp"
#include "scheduler/worker.hpp"

namespace weft::scheduler {

namespace {
carrier* carrier_of(const worker& w) noexcept {
    // mo: relaxed: w is on the list; what its last owner wrote before parking came to us through lock_.
    return w.on.load(std::memory_order_relaxed);
}
} // namespace

bool idle_set::try_begin_search(unsigned workers) noexcept {
    // mo: relaxed: a hint; too many searchers cost time, not correctness.
    if (2 * searching_in(word_.load(std::memory_order_relaxed)) >= workers) {
        return false;
    }
    // mo: seq_cst -> claim_for_work's load: a producer may rely on us from here on.
    word_.fetch_add(one_searching, std::memory_order_seq_cst);
    return true;
}

bool idle_set::end_search() noexcept {
    // mo: seq_cst -> claim_for_work's load: a producer that relied on us pushed before this, and we look after it.
    return searching_in(word_.fetch_sub(one_searching, std::memory_order_seq_cst)) == 1;
}

void idle_set::park(worker& w, idle_place where) noexcept {
    kernel::guard hold(lock_);
    if (where == idle_place::front) {
        w.idle_previous = nullptr;
        w.idle_next = front_;
        (front_ ? front_->idle_previous : back_) = &w;
        front_ = &w;
    } else {
        w.idle_next = nullptr;
        w.idle_previous = back_;
        (back_ ? back_->idle_next : front_) = &w;
        back_ = &w;
    }
    w.idle_listed = true;
    const std::uint64_t change = one_parked - (w.searching ? one_searching : 0);
    w.searching = false;
    // mo: seq_cst: W1; the fence that follows in the caller is W2.
    word_.fetch_add(change, std::memory_order_seq_cst);
}

void idle_set::unlink_locked(worker& w) noexcept {
    (w.idle_previous ? w.idle_previous->idle_next : front_) = w.idle_next;
    (w.idle_next ? w.idle_next->idle_previous : back_) = w.idle_previous;
    w.idle_listed = false;
}

bool idle_set::withdraw(worker& w) noexcept {
    kernel::guard hold(lock_);
    if (!w.idle_listed) {
        return false;
    }
    (void)claim_locked(&w);
    return true;
}

worker* idle_set::reclaim_without_carrier(worker& preferred) noexcept {
    kernel::guard hold(lock_);
    worker* w = preferred.idle_listed && !carrier_of(preferred) ? &preferred : back_;
    while (w && carrier_of(*w)) {
        w = w->idle_previous;
    }
    if (w) {
        unlink_locked(*w);
        // mo: seq_cst: one order for all changes of the word.
        word_.fetch_sub(one_parked, std::memory_order_seq_cst);
    }
    return w;
}

claim idle_set::claim_locked(worker* w) noexcept {
    if (!w) {
        return {};
    }
    unlink_locked(*w);
    w->searching = true;
    // mo: seq_cst -> other producers' claim_for_work: from here on they rely on w.
    word_.fetch_add(one_searching - one_parked, std::memory_order_seq_cst);
    return {w, carrier_of(*w)}; // I3
}

claim idle_set::claim_for_work() noexcept {
    // Fence P2. Without it the load below may be answered before the caller's push is visible, while the other column
    // does the same: the worker sleeps on a queue that is not empty. docs/memory_orders.md, tests/model/idle.pml.
    // mo: seq_cst fence -> the fences after park() (W2) and after end_search().
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return claim_for_pushed_work();
}

claim idle_set::claim_for_pushed_work() noexcept {
    // mo: seq_cst: P3. After the fence of claim_for_work, or after the exchange of swap_slot.
    const std::uint64_t word = word_.load(std::memory_order_seq_cst);
    if (parked_in(word) == 0 || searching_in(word) != 0) {
        return {};
    }
    kernel::guard hold(lock_);
    // mo: relaxed: no older than what the load above saw, so ordered like it; this second look is P3. (Nobody is parked any more: whoever took the last one off is
    // a searcher, or a worker with a task to run and a look at its queues after it.)
    if (searching_in(word_.load(std::memory_order_relaxed)) != 0) {
        return {};
    }
    return claim_locked(front_);
}

claim idle_set::claim_any() noexcept {
    kernel::guard hold(lock_);
    return claim_locked(front_);
}

claim idle_set::claim_with_carrier() noexcept {
    kernel::guard hold(lock_);
    worker* w = front_;
    while (w && !carrier_of(*w)) {
        w = w->idle_next;
    }
    return claim_locked(w);
}

} // namespace weft::scheduler

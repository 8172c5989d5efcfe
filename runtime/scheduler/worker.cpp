// SPDX-License-Identifier: MIT
#include "scheduler/worker.hpp"
#include "base/check.hpp"
#include "scheduler/runtime_core.hpp"
#include <algorithm>

namespace weft::scheduler {

worker::worker(runtime_core& home, unsigned number)
    : core(home), index(number), has_thieves_(home.worker_count > 1), random_state_(0x9e3779b9u * (number + 1)),
      sightings_(std::make_unique<sighting[]>(std::min(home.worker_count, watched_victims))) {}

worker::~worker() {
    return_stacks();
}

void worker::overflow(deque<task, 1024>& queue, task* t) noexcept {
    // Half of the queue goes to the injector, where every worker finds it: that which would have run last.
    task_queue batch;
    for (std::int64_t i = 0; i < queue.capacity / 2; ++i) {
        if (&queue == &fresh_) {
            if (task* oldest = queue.steal()) {
                batch.push_back(oldest);
            }
        } else if (task* youngest = queue.pop()) {
            batch.push_front(youngest);
        }
    }
    batch.push_back(t);
    core.injected.push(batch);
}

void worker::notify_core() noexcept {
    core.notify();
}

void worker::note_first_end(void* group, void (*tell)(void*, std::ptrdiff_t) noexcept) noexcept {
    base::check(untold.count == 0, "a task of another group ran before the ends of the last one's were told");
    untold = {group, 1, tell};
}

void worker::tell_these_ends() noexcept {
    const untold_ends ends = std::exchange(untold, {});
    ends.tell(ends.group, ends.count);
}

[[gnu::always_inline]] inline void worker::note_slot_fill() noexcept {
    // mo: relaxed: only we write, and a thief only compares.
    slot_fills_.store(slot_fills_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

[[gnu::always_inline]] inline task* worker::swap_slot(task* t) noexcept {
    if (!has_thieves_) {
        // mo: relaxed, both: nobody else comes here.
        task* const before = slot_.load(std::memory_order_relaxed);
        slot_.store(t, std::memory_order_relaxed);
        return before;
    }
    // mo: seq_cst: acquire and release -> another exchange of the slot: the task goes out with what we know of it, the old one comes in;
    // in the one order with the word of idlers (P1 and P2 of idle.hpp).
    return slot_.exchange(t, std::memory_order_seq_cst);
}

void worker::add_woken(task* t) noexcept {
    note_slot_fill();
    if (task* displaced = swap_slot(t)) {
        add_and_tell(ready_, displaced);
    } else {
        core.notify_others_of_pushed();
    }
}

task* worker::prefer_woken(task* next) noexcept {
    // mo: relaxed: a look; the swap takes.
    if (slot_budget_ == 0 || !slot_.load(std::memory_order_relaxed)) {
        return next;
    }
    note_slot_fill();
    task* const woken = swap_slot(next);
    if (!woken) { // a thief was faster; next will do
        return swap_slot(nullptr);
    }
    --slot_budget_;
    return woken;
}

void worker::watch_clock() noexcept {
    bool rarer = true; // no timers, or tasks so short that a look after 61 of them is early enough
    if (core.clock.pending()) {
        const std::uint64_t now = kernel::monotonic_ns();
        core.clock.fire_due(now);
        const std::uint64_t since = now - clock_seen_;
        clock_seen_ = now;
        rarer = since < clock_fine_ns;
        if (since > clock_coarse_ns && poll_every_ > 1) {
            poll_every_ /= 2;
        }
    }
    if (rarer && poll_every_ < poll_interval) {
        poll_every_ = 2 * poll_every_ < poll_interval ? 2 * poll_every_ : poll_interval;
    }
}

task* worker::poll_others() noexcept {
    since_others_ += poll_every_;
    watch_clock();
    poll_in_ = poll_every_;
    if (since_others_ < poll_interval) {
        return nullptr;
    }
    since_others_ = 0;
    if (!core.injected.empty()) {
        // One, not a batch: a batch at every poll would outrun the picks between the polls, and push suspended tasks, with their
        // stacks, out behind everything that has not started.
        task_queue one;
        core.injected.take(one, core.worker_count, 1);
        if (task* t = one.pop_front()) {
            return t;
        }
    }
    // The oldest may have waited behind its younger siblings for long. Rarely: in a tree of tasks the oldest is the root of a whole
    // subtree, and each one begun early keeps its stacks until its parent comes to join it.
    return ++polls_ % oldest_interval == 0 ? fresh_.steal() : nullptr;
}

bool worker::runs_next(task* woken) noexcept {
    if (goes_on()) {
        return true;
    }
    add_woken(woken);
    return false;
}

bool worker::take_for_joiner(const task* t) noexcept {
    // mo: relaxed: a look; who was woken goes first.
    const bool others_first = poll_in_ <= 1 || slot_.load(std::memory_order_relaxed);
    if (others_first || !fresh_.is_youngest(t) || !next_fresh()) {
        return false;
    }
    ready_first_ = false; // that was the turn of fresh_: the next pick looks at ready_ first
    return true;
}

/// Those that overflowed into the injector are as old as ours: turn by turn.
task* worker::next_going_on() noexcept {
    injected_first_ = !injected_first_;
    return injected_first_ || ready_.empty() ? core.injected.take_going_on() : nullptr;
}

[[gnu::always_inline]] inline task* worker::next_ready() noexcept {
    if (core.injected.has_going_on()) [[unlikely]] {
        if (task* t = next_going_on()) {
            return t;
        }
    }
    return has_thieves_ ? ready_.steal() : ready_.steal_unshared();
}

[[gnu::always_inline]] inline task* worker::next_fresh() noexcept {
    return has_thieves_ ? fresh_.pop() : fresh_.pop_unshared();
}

task* worker::next_local() noexcept {
    if (--poll_in_ == 0) [[unlikely]] {
        if (task* t = poll_others()) {
            return t;
        }
    }
    // mo: relaxed: a look; the swap takes.
    if (slot_budget_ > 0 && slot_.load(std::memory_order_relaxed)) {
        if (task* t = swap_slot(nullptr)) {
            --slot_budget_;
            return t;
        }
    }
    slot_budget_ = slot_in_a_row;
    ready_first_ = !ready_first_;
    task* t = ready_first_ ? next_ready() : nullptr;
    if (!t) {
        t = next_fresh();
    }
    if (!t && !ready_first_) {
        t = next_ready();
    }
    // mo: relaxed: a look, as above.
    if (!t && slot_.load(std::memory_order_relaxed)) {
        t = swap_slot(nullptr);
    }
    return t;
}

task* worker::next_injected() noexcept {
    task_queue batch;
    core.injected.take(batch, core.worker_count, deque<task, 1024>::capacity / 4);
    task* first = batch.pop_front();
    if (!batch.empty()) {
        while (task* t = batch.pop_front()) {
            add_to(t->context ? ready_ : fresh_, t);
        }
        tell_thieves(); // the rest can be stolen
    }
    return first;
}

bool worker::is_stale(const worker& victim) noexcept {
    if (victim.index >= watched_victims) {
        return true;
    }
    sighting& seen = sightings_[victim.index];
    // mo: relaxed: as in add_woken.
    const sighting now{victim.fresh_.oldest(), victim.ready_.oldest(), victim.slot_fills_.load(std::memory_order_relaxed), look_};
    if (seen.fresh != now.fresh || seen.ready != now.ready || seen.slot != now.slot) {
        seen = now;
    }
    return look_ - seen.since >= stale_after;
}

task* worker::steal_from(worker& victim) noexcept {
    const std::int64_t fresh = victim.fresh_.size(), ready = victim.ready_.size();
    // mo: relaxed: a look; the exchange below takes.
    const bool slot = victim.slot_.load(std::memory_order_relaxed) != nullptr;
    const std::int64_t all = fresh + ready + (slot ? 1 : 0);
    if (all == 0) {
        return nullptr;
    }
    if (all == 1 && !is_stale(victim)) {
        left_something_ = true;
        return nullptr;
    }
    if (task* t = victim.fresh_.steal()) {
        victim.raise_hunger();
        // Many small tasks: take some more while the victim's lines are here. Of a few, the oldest (the largest subtree) will do.
        const std::int64_t more = victim.fresh_.size() / 2;
        std::uint64_t loot = 1;
        if (more > 16) {
            for (std::int64_t i = 0; i < more && i < 128; ++i) {
                if (task* extra = victim.fresh_.steal()) {
                    add_to(fresh_, extra);
                    ++loot;
                }
            }
        }
        // mo: relaxed: we write it.
        thefts_.took(loot, kernel::monotonic_ns(), finished.load(std::memory_order_relaxed));
        return t;
    }
    if (task* t = victim.ready_.steal()) {
        for (std::int64_t more = victim.ready_.size() / 2; more > 0; --more) {
            if (task* extra = victim.ready_.steal()) {
                add_to(ready_, extra);
            }
        }
        return t;
    }
    if (slot) {
        if (!is_stale(victim)) {
            left_something_ = true;
            return nullptr;
        }
        // mo: acq_rel -> swap_slot's exchange: the task's memory.
        return victim.slot_.exchange(nullptr, std::memory_order_acq_rel);
    }
    return nullptr;
}

bool worker::rests_from_stealing() noexcept {
    // mo: relaxed: we write it.
    return thefts_.open() && thefts_.rest_after(kernel::monotonic_ns(), finished.load(std::memory_order_relaxed));
}

bool worker::has_work() const noexcept {
    // mo: relaxed: the caller's fence orders it (idle.hpp, W2).
    return !fresh_.empty() || !ready_.empty() || slot_.load(std::memory_order_relaxed) != nullptr;
}

void worker::reserve_ids() noexcept {
    next_id_ = reserve_task_ids(256);
    last_id_ = next_id_ + 256;
}

std::uint32_t worker::random() noexcept {
    // Marsaglia's xorshift32: any victim order will do, it only must differ between workers.
    random_state_ ^= random_state_ << 13;
    random_state_ ^= random_state_ >> 17;
    random_state_ ^= random_state_ << 5;
    return random_state_;
}

void* worker::take_stack(base::refusal* why) noexcept {
    if (stack_count_ == 0) {
        stack_count_ = core.stacks.acquire(stacks_.data(), stack_batch_, why);
        if (stack_count_ == 0) {
            return nullptr;
        }
        stack_batch_ = stack_batch_ < stack_cache / 2 ? 2 * stack_batch_ : stack_batch_;
    }
    return stacks_[--stack_count_];
}

void worker::give_stack(void* top) noexcept {
    if (stack_count_ == stack_cache) {
        // The colder half goes back.
        core.stacks.release(stacks_.data(), stack_cache / 2);
        stack_count_ = stack_cache / 2;
        for (std::size_t i = 0; i < stack_cache / 2; ++i) {
            stacks_[i] = stacks_[i + stack_cache / 2];
        }
    }
    stacks_[stack_count_++] = top;
}

void worker::return_stacks() noexcept {
    if (stack_count_ != 0) {
        core.stacks.release(stacks_.data(), stack_count_);
        stack_count_ = 0;
    }
    stack_batch_ = 1;
}

} // namespace weft::scheduler

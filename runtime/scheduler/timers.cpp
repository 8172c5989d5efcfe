// SPDX-License-Identifier: MIT
#include "scheduler/timers.hpp"

namespace weft::scheduler {

void timers::reserve() {
    kernel::guard hold(lock_);
    heap_.reserve(heap_.size() + reserved_ + 1);
    ++reserved_;
}

bool timers::insert(time::timer& t) noexcept {
    kernel::guard hold(lock_);
    --reserved_;
    heap_.insert(t);
    publish_earliest();
    if (!keeper_) {
        return false;
    }
    if (t.deadline < keeper_deadline_) {
        keeper_deadline_ = t.deadline; // one wake is enough for all that follow
        keeper_->unpark();             // under the lock: the keeper cannot resign, so its parker lives
    }
    return true;
}

void timers::trim() noexcept {
    kernel::guard hold(lock_);
    const std::size_t needed = heap_.size() + reserved_ > keep ? heap_.size() + reserved_ : keep;
    if (heap_.capacity() > 4 * needed) {
        heap_.shrink(needed);
    }
}

bool timers::remove(time::timer& t) noexcept {
    kernel::guard hold(lock_);
    const bool was_in = heap_.remove(t);
    publish_earliest();
    return was_in;
}

unsigned timers::fire_due(std::uint64_t now) noexcept {
    if (earliest() > now) {
        return 0;
    }
    time::timer* due = nullptr;
    {
        kernel::guard hold(lock_);
        time::timer** tail = &due;
        while (time::timer* t = heap_.pop_due(now)) {
            *tail = t;
            tail = &t->next;
        }
        *tail = nullptr;
        publish_earliest();
    }
    unsigned fired = 0;
    while (due) {
        time::timer* t = due;
        due = t->next; // fire() may end t's life
        t->fire(*t);
        ++fired;
    }
    return fired;
}

std::uint64_t timers::become_keeper(parker& sleep) noexcept {
    kernel::guard hold(lock_);
    if (keeper_ && keeper_ != &sleep) {
        return kernel::never;
    }
    keeper_ = &sleep;
    keeper_deadline_ = heap_.empty() ? kernel::never : heap_.earliest();
    return keeper_deadline_;
}

void timers::resign_keeper(parker& sleep) noexcept {
    kernel::guard hold(lock_);
    if (keeper_ == &sleep) {
        keeper_ = nullptr;
    }
}

bool timers::is_keeper(const parker& sleep) noexcept {
    kernel::guard hold(lock_);
    return keeper_ == &sleep;
}

bool timers::lacks_keeper() noexcept {
    if (!pending()) {
        return false;
    }
    kernel::guard hold(lock_);
    return !keeper_ && !heap_.empty();
}

} // namespace weft::scheduler

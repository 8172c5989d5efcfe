// SPDX-License-Identifier: MIT
#include "scheduler/task_pool.hpp"
#include "scheduler/after_fork.hpp"
#include <new>

namespace weft::scheduler {

namespace {
task_depot& the_depot() noexcept {
    notice_fork();
    return the_task_depot;
}
} // namespace

void forget_depot() noexcept {
    ::new (static_cast<void*>(&the_task_depot)) task_depot; // what was in it may be in the middle of a change
}

void task_cache::refill() {
    head_ = the_depot().take_batch();
    count_ = head_->id;
}

void task_cache::return_batch() noexcept {
    // The younger half stays: its lines are warm.
    task* last_kept = head_;
    const std::size_t kept = count_ - batch;
    for (std::size_t i = 1; i < kept; ++i) {
        last_kept = last_kept->next;
    }
    task* first = last_kept->next;
    last_kept->next = nullptr;
    the_depot().give_batch(first, count_ - kept);
    count_ = kept;
}

void task_cache::flush() noexcept {
    if (head_) {
        the_depot().give_batch(head_, count_);
        head_ = nullptr;
        count_ = 0;
    }
}

task* take_from_depot() {
    return ::new (static_cast<void*>(the_depot().take_one())) task;
}

void give_to_depot(task* t) noexcept {
    the_depot().give_one(t);
}

} // namespace weft::scheduler

// SPDX-License-Identifier: MIT
#include "scheduler/task_pool.hpp"
#include "kernel/lock.hpp"
#include "kernel/memory.hpp"
#include <new>

namespace weft::scheduler {

namespace {

constexpr std::size_t slab_size = 256 * 1024;

/// A batch is a list through `next`; its first block carries the next batch in stack_top (a free block has no stack) and
/// its length in id.
class depot {
  public:
    task* take_batch() {
        kernel::guard hold(lock_);
        return pop_batch_locked();
    }

    void give_batch(task* first, std::size_t length) noexcept {
        kernel::guard hold(lock_);
        push_batch_locked(first, length);
    }

    task* take_one() {
        kernel::guard hold(lock_);
        if (!loose_) {
            loose_ = pop_batch_locked();
            loose_count_ = loose_->id;
        }
        task* t = loose_;
        loose_ = t->next;
        --loose_count_;
        return t;
    }

    void give_one(task* t) noexcept {
        kernel::guard hold(lock_);
        t->next = loose_;
        loose_ = t;
        if (++loose_count_ == task_cache::batch) {
            push_batch_locked(loose_, loose_count_);
            loose_ = nullptr;
            loose_count_ = 0;
        }
    }

  private:
    task* pop_batch_locked() {
        if (!batches_) {
            return carve();
        }
        task* first = batches_;
        batches_ = static_cast<task*>(first->stack_top);
        return first;
    }

    void push_batch_locked(task* first, std::size_t length) noexcept {
        first->id = length;
        first->stack_top = batches_;
        batches_ = first;
    }

    task* carve() {
        if (room_ == 0) {
            const long answer = kernel::map_memory(slab_size);
            if (answer < 0 && answer > -4096) {
                throw std::bad_alloc();
            }
            slab_ = reinterpret_cast<task*>(answer);
            room_ = slab_size / sizeof(task);
        }
        task* first = nullptr;
        for (std::size_t i = 0; i < task_cache::batch; ++i) {
            task* t = ::new (static_cast<void*>(slab_ + --room_)) task;
            t->next = first;
            first = t;
        }
        first->id = task_cache::batch;
        return first;
    }
    static_assert(slab_size / sizeof(task) % task_cache::batch == 0, "a slab holds whole batches");

    kernel::lock lock_;
    task* batches_ = nullptr; // guarded by lock_
    task* loose_ = nullptr;   // guarded by lock_: single blocks of foreign threads
    std::size_t loose_count_ = 0; // guarded by lock_
    task* slab_ = nullptr;    // guarded by lock_: the slab being carved
    std::size_t room_ = 0;    // guarded by lock_: blocks left in it
};

constinit depot the_depot;

} // namespace

void task_cache::refill() {
    head_ = the_depot.take_batch();
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
    the_depot.give_batch(first, count_ - kept);
    count_ = kept;
}

void task_cache::flush() noexcept {
    if (head_) {
        the_depot.give_batch(head_, count_);
        head_ = nullptr;
        count_ = 0;
    }
}

task* take_from_depot() {
    return ::new (static_cast<void*>(the_depot.take_one())) task;
}

void give_to_depot(task* t) noexcept {
    the_depot.give_one(t);
}

} // namespace weft::scheduler

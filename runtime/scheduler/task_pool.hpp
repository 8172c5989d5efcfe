// SPDX-License-Identifier: MIT
// Memory for task descriptors: 128-byte blocks in slabs, a small cache in each worker, a common depot behind them (task_depot.hpp).
//
// A worker takes and frees at its own cache without a lock; caches and depot trade whole batches, so a task made here
// and freed there costs one lock in `batch` tasks. The pool belongs to the process and not to a runtime: a join_handle may
// outlive the runtime that ran its task.
//
// I1  A free block is in exactly one place: a cache, or a batch of the depot.
// Reference: J. Bonwick, J. Adams, "Magazines and Vmem", USENIX 2001 (caches that trade magazines with a depot).
#pragma once
#include "scheduler/task_depot.hpp"
#include <cstddef>
#include <new>

namespace weft::scheduler {

class task_cache {
  public:
    static constexpr std::size_t batch = task_depot::batch;
    static constexpr std::size_t limit = 2 * batch;

    task_cache() = default;
    task_cache(const task_cache&) = delete;
    task_cache& operator=(const task_cache&) = delete;
    ~task_cache() { flush(); }

    /// A fresh descriptor. Throws std::bad_alloc.
    task* take() {
        if (!head_) {
            refill();
        }
        task* t = head_;
        head_ = t->next;
        --count_;
        return ::new (static_cast<void*>(t)) task;
    }

    /// Frees a descriptor that any thread made.
    void give(task* t) noexcept {
        t->next = head_;
        head_ = t;
        if (++count_ >= limit) {
            return_batch();
        }
    }

    /// Everything back to the depot.
    void flush() noexcept;

  private:
    void refill();
    void return_batch() noexcept;

    task* head_ = nullptr;   // owner: worker
    std::size_t count_ = 0;  // owner: worker
};

/// The same for threads that have no cache: one lock each.
task* take_from_depot();
void give_to_depot(task* t) noexcept;

} // namespace weft::scheduler

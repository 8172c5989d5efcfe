// SPDX-License-Identifier: MIT
// The injector: the runtime's common queue, for tasks that no worker's own queue can take: spawned or woken by foreign
// threads, or overflowed. First in first out, in batches, under a kernel lock.
//
// A lock and not a lock-free queue: the injector is off the fast path (a worker comes here every 61st pick, or with
// nothing else to do), a batch moves in O(1) under it, and an intrusive list needs no memory.
#pragma once
#include "base/cache_line.hpp"
#include "base/intrusive_queue.hpp"
#include "kernel/lock.hpp"
#include <atomic>
#include <cstddef>
#include <weft/abi.hpp>

namespace weft::scheduler {

using abi::task;
using task_queue = base::intrusive_queue<task>;

class alignas(base::cache_line) injector {
  public:
    void push(task* t) noexcept {
        kernel::guard hold(lock_);
        queue_.push_back(t);
        publish_size();
    }

    void push(task_queue& batch) noexcept {
        kernel::guard hold(lock_);
        queue_.append(batch);
        publish_size();
    }

    /// Moves a fair share for one of `workers` workers to `into`, at most `limit`.
    void take(task_queue& into, std::size_t workers, std::size_t limit) noexcept {
        if (empty()) {
            return;
        }
        kernel::guard hold(lock_);
        std::size_t share = queue_.size() / workers + 1;
        share = share < limit ? share : limit;
        for (; share > 0 && !queue_.empty(); --share) {
            into.push_back(queue_.pop_front());
        }
        publish_size();
    }

    /// A look without the lock. Exact enough for the last look before a park, see idle.hpp.
    [[nodiscard]] bool empty() const noexcept {
        // mo: seq_cst -> publish_size's store: one half of idle.hpp's two columns.
        return size_.load(std::memory_order_seq_cst) == 0;
    }
    [[nodiscard]] std::size_t size() const noexcept {
        // mo: relaxed: for dumps.
        return size_.load(std::memory_order_relaxed);
    }

  private:
    void publish_size() noexcept {
        // mo: seq_cst -> empty()'s load: a push is visible to a worker that looks after it has parked itself.
        size_.store(queue_.size(), std::memory_order_seq_cst);
    }

    kernel::lock lock_;
    task_queue queue_;                 // guarded by lock_
    std::atomic<std::size_t> size_{0}; // written under lock_, read by anybody
};

} // namespace weft::scheduler

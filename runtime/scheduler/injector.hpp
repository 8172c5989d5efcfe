// SPDX-License-Identifier: MIT
// The injector: the runtime's common queues, for tasks that no worker's own queue can take: spawned or woken by foreign
// threads, or overflowed. First in first out, in batches, under a kernel lock.
//
// Two queues, as in a worker: tasks that have not started, and tasks that go on. In one queue a timer that has come due would
// wait behind a hundred thousand tasks that somebody has just spawned.
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
        queue_of(t).push_back(t);
        publish_sizes();
    }

    /// All of one kind: none has started, or all have.
    void push(task_queue& batch) noexcept {
        if (task* first = batch.front()) {
            kernel::guard hold(lock_);
            queue_of(first).append(batch);
            publish_sizes();
        }
    }

    /// Moves a fair share for one of `workers` workers to `into`, at most `limit`, all of one kind; the kinds take turns.
    void take(task_queue& into, std::size_t workers, std::size_t limit) noexcept {
        if (empty()) {
            return;
        }
        kernel::guard hold(lock_);
        going_on_first_ = !going_on_first_;
        task_queue& from = going_on_.empty() || (!going_on_first_ && !fresh_.empty()) ? fresh_ : going_on_;
        std::size_t share = from.size() / workers + 1;
        share = share < limit ? share : limit;
        for (; share > 0 && !from.empty(); --share) {
            into.push_back(from.pop_front());
        }
        publish_sizes();
    }

    /// The first of those that go on; null when there is none.
    [[nodiscard]] task* take_going_on() noexcept {
        kernel::guard hold(lock_);
        task* t = going_on_.pop_front();
        publish_sizes();
        return t;
    }

    /// A look without the lock. Exact enough for the last look before a park, see idle.hpp.
    [[nodiscard]] bool empty() const noexcept {
        // mo: seq_cst -> publish_sizes' store: one half of idle.hpp's two columns.
        return size_.load(std::memory_order_seq_cst) == 0;
    }
    [[nodiscard]] std::size_t size() const noexcept {
        // mo: relaxed: for dumps.
        return size_.load(std::memory_order_relaxed);
    }
    /// A hint: are there some that go on?
    [[nodiscard]] bool has_going_on() const noexcept {
        // mo: relaxed: a hint; the queue is read under the lock.
        return has_going_on_.load(std::memory_order_relaxed);
    }

  private:
    task_queue& queue_of(const task* t) noexcept { return t->context ? going_on_ : fresh_; }

    void publish_sizes() noexcept {
        // mo: relaxed: a hint, see has_going_on().
        if (has_going_on_.load(std::memory_order_relaxed) == going_on_.empty()) {
            // mo: relaxed: as above.
            has_going_on_.store(!going_on_.empty(), std::memory_order_relaxed);
        }
        // mo: seq_cst -> empty()'s load: a push is visible to a worker that looks after it has parked itself.
        size_.store(fresh_.size() + going_on_.size(), std::memory_order_seq_cst);
    }

    kernel::lock lock_;
    task_queue fresh_;                 // guarded by lock_: not started
    task_queue going_on_;              // guarded by lock_: have a stack
    bool going_on_first_ = false;      // guarded by lock_
    std::atomic<std::size_t> size_{0}; // written under lock_, read by anybody
    alignas(base::cache_line) std::atomic<bool> has_going_on_{false}; // written under lock_, when it changes; read at every other pick
};

} // namespace weft::scheduler

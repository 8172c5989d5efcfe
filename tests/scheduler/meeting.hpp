// SPDX-License-Identifier: MIT
// Where tasks of a stress test meet in pairs: the first suspends, the second wakes it and goes on.
#pragma once
#include "kernel/lock.hpp"
#include "scheduler/injector.hpp"
#include "scheduler/suspend.hpp"
#include <utility>

namespace test {

class meeting {
  public:
    /// From a task that holds a worker. May suspend until another comes, or release() is called.
    void meet() {
        if (weft::abi::task* other = first()) {
            weft::scheduler::resume(other);
        } else {
            weft::scheduler::suspend(&admit, this);
        }
    }

    /// From anywhere: lets all go that wait now.
    void release() {
        weft::scheduler::task_queue leaving;
        {
            weft::kernel::guard hold(lock_);
            leaving.append(queue_);
        }
        while (auto* t = leaving.pop_front()) {
            weft::scheduler::resume(t);
        }
    }

    std::size_t waiting() {
        weft::kernel::guard hold(lock_);
        return queue_.size();
    }

  private:
    weft::abi::task* first() {
        weft::kernel::guard hold(lock_);
        return queue_.pop_front();
    }

    static void admit(void* argument, weft::abi::task* self) noexcept {
        auto* m = static_cast<meeting*>(argument);
        weft::kernel::guard hold(m->lock_);
        m->queue_.push_back(self);
    }

    weft::kernel::lock lock_;
    weft::scheduler::task_queue queue_; // guarded by lock_
};

} // namespace test

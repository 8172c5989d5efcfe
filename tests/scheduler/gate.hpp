// SPDX-License-Identifier: MIT
// Where a test parks tasks: each waits until the gate opens. Built on the one door itself, so it also shows how a primitive uses it.
#pragma once
#include "kernel/lock.hpp"
#include "scheduler/injector.hpp"
#include "scheduler/suspend.hpp"

namespace test {

class gate {
  public:
    /// From a task that holds a worker.
    void wait() {
        weft::scheduler::suspend(&admit, this);
    }

    /// From anywhere. Everybody who waits goes on, and whoever comes later does not wait.
    void open() {
        weft::scheduler::task_queue leaving;
        {
            weft::kernel::guard hold(lock_);
            open_ = true;
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
    static void admit(void* argument, weft::abi::task* self) noexcept {
        auto* g = static_cast<gate*>(argument);
        {
            weft::kernel::guard hold(g->lock_);
            if (!g->open_) {
                g->queue_.push_back(self);
                return;
            }
        }
        weft::scheduler::resume(self);
    }

    weft::kernel::lock lock_;
    weft::scheduler::task_queue queue_; // guarded by lock_
    bool open_ = false;                 // guarded by lock_
};

} // namespace test

// SPDX-License-Identifier: MIT
// One who runs something in a test: a task, or a kernel thread that is no worker.
#pragma once
#include <thread>
#include <utility>
#include <weft/weft.hpp>

namespace test {

enum class place { task, foreign };

[[nodiscard]] constexpr place place_for(bool as_task) noexcept {
    return as_task ? place::task : place::foreign;
}

/// A task or a foreign kernel thread that runs f. Joined at the latest by its destructor.
class agent {
  public:
    template <class F>
    agent(weft::runtime& rt, place where, F&& f) {
        if (where == place::task) {
            task_ = rt.spawn(std::forward<F>(f));
        } else {
            thread_ = std::thread(std::forward<F>(f));
        }
    }
    agent(agent&&) noexcept = default;
    agent& operator=(agent&&) = delete;
    ~agent() { join(); }

    void join() {
        if (task_.joinable()) {
            task_.join();
        }
        if (thread_.joinable()) {
            thread_.join();
        }
    }

  private:
    weft::join_handle<void> task_;
    std::thread thread_;
};

} // namespace test

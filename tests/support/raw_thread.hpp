// SPDX-License-Identifier: MIT
// A kernel thread for tests of the kernel floor: any callable on kernel::start_thread, below the public kernel_thread, so that a
// fault of the floor cannot be mistaken for one of the class above it.
#pragma once
#include "kernel/thread.hpp"
#include "support/program.hpp"
#include <atomic>
#include <memory>
#include <sched.h>
#include <utility>
#include <vector>

namespace support {

class raw_thread {
  public:
    template <class F>
    explicit raw_thread(F f, const weft::kernel::thread_options& how = {}) {
        auto started = weft::kernel::start_thread(
            [](void* argument) {
                std::unique_ptr<F> call(static_cast<F*>(argument));
                (*call)();
            },
            new F(std::move(f)), how);
        if (!started.ok()) {
            say("FAILED: start_thread: %s: errno %d\n", started.why().call, started.why().error);
            _exit(failed);
        }
        thread_ = started.value();
    }
    raw_thread(raw_thread&& other) noexcept : thread_(std::exchange(other.thread_, nullptr)) {}
    raw_thread& operator=(raw_thread&&) = delete;
    ~raw_thread() {
        if (thread_) {
            weft::kernel::join_thread(thread_);
        }
    }
    void join() { weft::kernel::join_thread(std::exchange(thread_, nullptr)); }
    void detach() { weft::kernel::detach_thread(std::exchange(thread_, nullptr)); }
    [[nodiscard]] pid_t tid() const { return weft::kernel::tid_of(thread_); }
    [[nodiscard]] weft::kernel::thread* record() const { return thread_; }

  private:
    weft::kernel::thread* thread_;
};

/// f(index) on `count` threads at once; returns when all have ended.
template <class F>
void on_raw_threads(int count, F f) {
    std::vector<raw_thread> threads;
    threads.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        threads.emplace_back([i, &f] { f(i); });
    }
}

/// The same, but nobody begins before all are there: so that short work overlaps.
template <class F>
void on_raw_threads_together(int count, F f) {
    std::atomic<int> missing{count};
    on_raw_threads(count, [&](int index) {
        --missing;
        while (missing > 0) {
            sched_yield();
        }
        f(index);
    });
}

} // namespace support

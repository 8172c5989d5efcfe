// SPDX-License-Identifier: MIT
// Makes the running task go on on another kernel thread, for certain and not by luck.
#pragma once
#include "kernel/syscall.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/suspend.hpp"
#include <atomic>
#include <chrono>
#include <thread>
#include <unistd.h>
#include <weft/weft.hpp>

namespace test {

namespace migration {

/// With two workers: the kernel thread that the task has left makes it ready and then stands still until another has taken it.
inline void hold_until_taken(void* argument, weft::abi::task* self) noexcept {
    auto* taken = static_cast<std::atomic<int>*>(argument);
    weft::scheduler::resume(self);
    // mo: the task's stack, and with it the flag, lives until we say that we have seen it.
    while (taken->load() == 0) {
        std::this_thread::yield();
    }
    taken->store(2);
}

/// With one worker: the task blocks its kernel thread, its worker goes to a spare, which is kept busy until the task wants back.
inline void through_blocking() {
    std::atomic<bool> busy{false}, leaving{false};
    auto occupant = weft::spawn([&] {
        busy = true;
        while (!leaving) {
            std::this_thread::yield();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    weft::blocking([&] {
        while (!busy) {
            std::this_thread::yield();
        }
        leaving = true;
    });
    occupant.join();
}

} // namespace migration

/// The noinline wrapper keeps the caller from having the kernel thread's number cached.
[[gnu::noinline]] inline int kernel_thread_now() {
    return static_cast<int>(weft::kernel::system_call(SYS_gettid));
}

/// Returns true: on another kernel thread than before. Needs a worker that is not kept busy by the test.
[[gnu::noinline]] inline bool migrate() {
    const int before = kernel_thread_now();
    for (int tries = 0; tries < 100 && kernel_thread_now() == before; ++tries) { // the tail of through_blocking may bring us back
        if (weft::scheduler::this_carrier()->core.worker_count == 1) {
            migration::through_blocking();
        } else {
            std::atomic<int> taken{0};
            weft::scheduler::suspend(&migration::hold_until_taken, &taken);
            taken.store(1);
            while (taken.load() != 2) {
                std::this_thread::yield();
            }
        }
    }
    return kernel_thread_now() != before;
}

} // namespace test

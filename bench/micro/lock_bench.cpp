// SPDX-License-Identifier: MIT
// Question: what do the kernel floor's lock and the futex below it cost, alone and contended, beside std::mutex?
// Fixed: sections that add one to a plain counter, whose end value is checked; 1, 2 and 4 kernel threads.
// Falsified: the floor has a lock of its own because it may not use pthread's; if it were slower than std::mutex without contention,
// its three-state word would be badly done.
#include "kernel/futex.hpp"
#include "kernel/lock.hpp"
#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdint>
#include <mutex>
#include <thread>

namespace {

using namespace weft;

struct std_lock {
    std::mutex m;
    void acquire() { m.lock(); }
    void release() { m.unlock(); }
};

template <class Lock>
struct counted {
    Lock lock;
    std::uint64_t counter = 0;              // guarded by lock
    std::atomic<std::uint64_t> wanted{0};   // what all threads say they added
};

template <class Lock>
void lock_and_unlock(benchmark::State& state) {
    static counted<Lock> shared;
    if (state.thread_index() == 0) {
        shared.counter = 0;
        shared.wanted = 0;
    }
    for (auto _ : state) { // all threads start together here, after the reset
        shared.lock.acquire();
        ++shared.counter;
        shared.lock.release();
    }
    const std::uint64_t mine = static_cast<std::uint64_t>(state.iterations());
    const std::uint64_t so_far = shared.wanted.fetch_add(mine) + mine;
    // The loop's end is a barrier too: the counter stands still.
    if (so_far > shared.counter) {
        state.SkipWithError("an increment was lost: the lock does not exclude");
    }
}
BENCHMARK_TEMPLATE(lock_and_unlock, kernel::lock)->Threads(1)->Threads(2)->Threads(4)->UseRealTime();
BENCHMARK_TEMPLATE(lock_and_unlock, std_lock)->Threads(1)->Threads(2)->Threads(4)->UseRealTime();

void futex_wake_with_nobody_waiting(benchmark::State& state) {
    std::atomic<std::uint32_t> word{0};
    for (auto _ : state) {
        if (kernel::futex_wake(word, 1) != 0) {
            state.SkipWithError("somebody was woken");
            break;
        }
    }
}
BENCHMARK(futex_wake_with_nobody_waiting);

/// Two kernel threads that wake each other and sleep in turn: a parked worker's price.
void futex_round_trip(benchmark::State& state) {
    std::atomic<std::uint32_t> word{0}; // odd: the echo's turn
    std::uint64_t echoed = 0;
    std::thread echo([&] {
        for (std::uint32_t turn = 1;; turn += 2) {
            std::uint32_t now;
            while ((now = word.load()) != turn) {
                if (now == UINT32_MAX) {
                    return;
                }
                kernel::futex_wait(word, now);
            }
            ++echoed;
            word.store(turn + 1);
            kernel::futex_wake(word, 1);
        }
    });
    std::uint64_t sent = 0;
    for (auto _ : state) {
        const std::uint32_t turn = word.load() + 1;
        word.store(turn);
        kernel::futex_wake(word, 1);
        while (word.load() == turn) {
            kernel::futex_wait(word, turn);
        }
        ++sent;
    }
    word.store(UINT32_MAX);
    kernel::futex_wake(word, 1);
    echo.join();
    if (echoed != sent) {
        state.SkipWithError("a turn was lost");
    }
}
BENCHMARK(futex_round_trip)->UseRealTime();

} // namespace

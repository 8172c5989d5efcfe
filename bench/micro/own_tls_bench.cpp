// SPDX-License-Identifier: MIT
// Question: what does a TLS block of its own cost a task: to start, to switch to, and beside a light task and std::thread?
// Fixed: one worker, warm pools, everything from inside of the runtime; the thread writes one thread_local with a destructor, which is
// counted.
// Falsified: starting a thread with warm pools stays under 1 us, and light tasks that run beside threads pay nothing between themselves.
// Where the kernel does not let user code write the fs base, each switch to or from such a thread is a system call.
#include "kernel/own_tls.hpp"
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

std::int64_t destroyed = 0; // threads of one worker, one after the other
struct counted {
    int value = 0;
    ~counted() { ++destroyed; }
};
thread_local counted mine;

template <class Body>
void in_runtime(benchmark::State& state, Body body) {
    weft::runtime_options o;
    o.workers = 1;
    weft::runtime r(o);
    destroyed = 0;
    r.run(body);
    if (destroyed != 0 && destroyed != state.iterations()) {
        state.SkipWithError("a destructor did not run");
    }
}

void light_task_start_to_join(benchmark::State& state) {
    in_runtime(state, [&] {
        for (auto _ : state) {
            weft::spawn([] { benchmark::ClobberMemory(); }).join();
        }
    });
}
BENCHMARK(light_task_start_to_join)->UseRealTime();

void thread_start_to_join(benchmark::State& state) {
    in_runtime(state, [&] {
        for (auto _ : state) {
            weft::thread t([] { mine.value = 1; });
            t.join();
        }
    });
}
BENCHMARK(thread_start_to_join)->UseRealTime();

/// The constructor alone: what its caller pays before it goes on. In batches, so that the clock is not in it.
void thread_start(benchmark::State& state) {
    in_runtime(state, [&] {
        constexpr int batch = 100;
        std::vector<weft::thread> all;
        all.reserve(batch);
        for (auto _ : state) {
            const auto begin = std::chrono::steady_clock::now();
            for (int i = 0; i < batch; ++i) {
                all.emplace_back([] { benchmark::ClobberMemory(); });
            }
            state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / batch);
            for (auto& t : all) {
                t.join();
            }
            all.clear();
        }
    });
}
BENCHMARK(thread_start)->UseManualTime()->Iterations(200); // the clock sees a small part of what a batch takes

void std_thread_start_to_join(benchmark::State& state) {
    for (auto _ : state) {
        std::thread t([] { benchmark::ClobberMemory(); });
        t.join();
    }
}
BENCHMARK(std_thread_start_to_join)->UseRealTime();

/// From the pool and back, its thread_locals fresh.
void take_and_give_a_block(benchmark::State& state) {
    weft::kernel_thread([&] {
        for (auto _ : state) {
            auto block = weft::kernel::take_own_tls();
            weft::kernel::give_own_tls(block.value());
        }
    }).join();
}
BENCHMARK(take_and_give_a_block)->UseRealTime();

/// Two of a kind give each other the turn.
void yield_between(benchmark::State& state, bool own_tls) {
    in_runtime(state, [&] {
        bool stop = false; // both run on the one worker
        weft::spawn_options o;
        o.own_tls = own_tls;
        const auto other = [&] {
            while (!stop) {
                weft::yield();
            }
        };
        auto measured = [&] {
            for (auto _ : state) {
                weft::yield();
            }
            stop = true;
        };
        auto a = weft::spawn(o, other);
        auto b = weft::spawn(o, measured);
        b.join();
        a.join();
    });
    state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK_CAPTURE(yield_between, light_tasks, false)->UseRealTime();
BENCHMARK_CAPTURE(yield_between, threads, true)->UseRealTime();

} // namespace

// SPDX-License-Identifier: MIT
// Question: what does weft::kernel_thread cost to create and join, beside std::thread and pthread_create, alone and in a batch?
// Fixed: threads that add one to a counter that is checked; default attributes; the block cache warm after the first. (The laboratory,
// bench/lab, splits the same cost into its parts, with percentiles; this file is for a quick look while changing the code.)
// Falsified: with its block cache creation is one clone and no mmap, so it should not be slower than pthread_create, which caches too.
#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdint>
#include <pthread.h>
#include <thread>
#include <vector>
#include <weft/kernel_thread.hpp>

namespace {

template <class Thread>
void create_and_join(benchmark::State& state) {
    std::uint64_t sum = 0;
    for (auto _ : state) {
        Thread t([&] { ++sum; });
        t.join();
    }
    if (sum != static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("a thread did not run");
    }
}
BENCHMARK_TEMPLATE(create_and_join, weft::kernel_thread)->UseRealTime();
BENCHMARK_TEMPLATE(create_and_join, std::thread)->UseRealTime();

void pthread_create_and_join(benchmark::State& state) {
    std::uint64_t sum = 0;
    for (auto _ : state) {
        pthread_t t;
        if (pthread_create(
                &t, nullptr,
                +[](void* counter) -> void* {
                    ++*static_cast<std::uint64_t*>(counter);
                    return nullptr;
                },
                &sum) != 0) {
            state.SkipWithError("pthread_create refused");
            break;
        }
        pthread_join(t, nullptr);
    }
    if (sum != static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("a thread did not run");
    }
}
BENCHMARK(pthread_create_and_join)->UseRealTime();

template <class Thread>
void create_eight_then_join(benchmark::State& state) {
    std::atomic<std::uint64_t> sum{0};
    std::vector<Thread> threads;
    for (auto _ : state) {
        threads.clear();
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] { ++sum; });
        }
        for (auto& t : threads) {
            t.join();
        }
    }
    if (sum != 8 * static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("a thread did not run");
    }
    state.SetItemsProcessed(state.iterations() * 8);
}
BENCHMARK_TEMPLATE(create_eight_then_join, weft::kernel_thread)->UseRealTime();
BENCHMARK_TEMPLATE(create_eight_then_join, std::thread)->UseRealTime();

} // namespace

// SPDX-License-Identifier: MIT
// Question: what does a lock cost that nobody contends, and one that 4 or 8 tasks want at once, beside std::mutex?
// Fixed: the section adds one to a number, which is checked; 1 and 2 workers; std::mutex is locked by as many std::threads.
// Falsified: uncontended, lock and unlock are one atomic operation each; more than twice std::mutex's price would refute it.
#include <benchmark/benchmark.h>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

constexpr std::int64_t rounds_of_a_task = 2000;

template <class Mutex>
void uncontended(benchmark::State& state) {
    weft::runtime_options o;
    o.workers = 1;
    weft::runtime r(o);
    r.run([&] {
        Mutex m;
        std::int64_t sum = 0;
        for (auto _ : state) {
            const std::lock_guard hold(m);
            benchmark::DoNotOptimize(++sum);
        }
    });
}
BENCHMARK(uncontended<std::mutex>)->UseRealTime(); // in a runtime as well: alone in a process libc would leave the atomics out
BENCHMARK(uncontended<weft::mutex>)->UseRealTime();
BENCHMARK(uncontended<weft::recursive_mutex>)->UseRealTime();
BENCHMARK(uncontended<weft::shared_mutex>)->UseRealTime();

void contended(benchmark::State& state) {
    weft::runtime_options o;
    o.workers = static_cast<unsigned>(state.range(0));
    const std::int64_t tasks = state.range(1);
    weft::runtime r(o);
    r.run([&] {
        for (auto _ : state) {
            weft::mutex m;
            std::int64_t sum = 0; // guarded by m
            std::vector<weft::join_handle<void>> all;
            for (std::int64_t i = 0; i < tasks; ++i) {
                all.push_back(weft::spawn([&] {
                    for (std::int64_t k = 0; k < rounds_of_a_task; ++k) {
                        const std::lock_guard hold(m);
                        ++sum;
                    }
                }));
            }
            for (auto& t : all) {
                t.join();
            }
            if (sum != tasks * rounds_of_a_task) {
                state.SkipWithError("an increment was lost");
                break;
            }
        }
    });
    state.SetItemsProcessed(state.iterations() * tasks * rounds_of_a_task);
}
BENCHMARK(contended)->Args({1, 4})->Args({1, 8})->Args({2, 4})->Args({2, 8})->UseRealTime();

void contended_std(benchmark::State& state) {
    const std::int64_t threads = state.range(0);
    for (auto _ : state) {
        std::mutex m;
        std::int64_t sum = 0; // guarded by m
        std::vector<std::thread> all;
        for (std::int64_t i = 0; i < threads; ++i) {
            all.emplace_back([&] {
                for (std::int64_t k = 0; k < rounds_of_a_task; ++k) {
                    const std::lock_guard hold(m);
                    ++sum;
                }
            });
        }
        for (auto& t : all) {
            t.join();
        }
        if (sum != threads * rounds_of_a_task) {
            state.SkipWithError("an increment was lost");
            break;
        }
    }
    state.SetItemsProcessed(state.iterations() * threads * rounds_of_a_task);
}
BENCHMARK(contended_std)->Arg(4)->Arg(8)->UseRealTime();

} // namespace

// SPDX-License-Identifier: MIT
// Question: what does it cost to spawn a task and wait for it, to spawn many, and to yield, beside std::thread doing the same?
// Fixed: tasks that return one number each, whose sum is checked; 1 and 2 workers; everything from inside of the runtime, so that no
// foreign wake-up is in it (spawn_from_outside shows that one).
// Falsified: a task that never suspends should touch no new memory and make no system call; microseconds here would refute it.
#include <benchmark/benchmark.h>
#include <cstdint>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

weft::runtime_options with_workers(benchmark::State& state) {
    weft::runtime_options o;
    o.workers = static_cast<unsigned>(state.range(0));
    return o;
}

void spawn_one_and_join(benchmark::State& state) {
    weft::runtime r(with_workers(state));
    r.run([&] {
        std::uint64_t sum = 0;
        for (auto _ : state) {
            sum += weft::spawn([] { return std::uint64_t{1}; }).join();
        }
        if (sum != static_cast<std::uint64_t>(state.iterations())) {
            state.SkipWithError("a task did not run");
        }
    });
}
BENCHMARK(spawn_one_and_join)->Arg(1)->Arg(2)->UseRealTime();

void spawn_many_then_join(benchmark::State& state) {
    weft::runtime r(with_workers(state));
    const std::int64_t n = state.range(1);
    r.run([&] {
        std::vector<weft::join_handle<std::int64_t>> handles;
        handles.reserve(static_cast<std::size_t>(n));
        std::int64_t sum = 0;
        for (auto _ : state) {
            handles.clear();
            for (std::int64_t i = 0; i < n; ++i) {
                handles.push_back(weft::spawn([i] { return i; }));
            }
            for (auto& h : handles) {
                sum += h.join();
            }
        }
        if (sum != state.iterations() * (n * (n - 1) / 2)) {
            state.SkipWithError("the sum is wrong");
        }
    });
    state.SetItemsProcessed(state.iterations() * n);
}
BENCHMARK(spawn_many_then_join)->Args({1, 100})->Args({1, 10'000})->Args({2, 100})->Args({2, 10'000})->UseRealTime();

void spawn_from_outside(benchmark::State& state) {
    weft::runtime r(with_workers(state));
    std::uint64_t sum = 0;
    for (auto _ : state) {
        sum += r.run([] { return std::uint64_t{1}; });
    }
    if (sum != static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("a task did not run");
    }
}
BENCHMARK(spawn_from_outside)->Arg(1)->Arg(2)->UseRealTime();

/// Two tasks on one worker give each other the turn.
void yield_between_two(benchmark::State& state) {
    weft::runtime r(with_workers(state));
    r.run([&] {
        bool stop = false; // both tasks run on the one worker
        std::uint64_t others = 0;
        auto other = weft::spawn([&] {
            while (!stop) {
                ++others;
                weft::this_task::yield();
            }
        });
        std::uint64_t mine = 0;
        for (auto _ : state) {
            ++mine;
            weft::this_task::yield();
        }
        stop = true;
        other.join();
        if (others + 2 < mine || mine + 2 < others) {
            state.SkipWithError("the turns were not shared");
        }
        state.counters["a switch"] = benchmark::Counter(static_cast<double>(mine + others),
                                                        benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    });
}
BENCHMARK(yield_between_two)->Arg(1)->UseRealTime();

void std_thread_one_and_join(benchmark::State& state) {
    std::uint64_t sum = 0;
    for (auto _ : state) {
        std::thread([&] { ++sum; }).join();
    }
    if (sum != static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("a thread did not run");
    }
}
BENCHMARK(std_thread_one_and_join)->UseRealTime();

} // namespace

// SPDX-License-Identifier: MIT
// Question: what does a fork cost that nobody steals, and what does the outermost one cost that opens the list?
// Fixed: fib(25) with a fork in each call and no cut-off, its answer checked; the same recursion without forks beside it; 1 and 2 workers.
// Falsified: a fork that is not stolen allocates nothing and needs no fence; more than ten times a plain call would refute it.
#include <benchmark/benchmark.h>
#include <cstdint>
#include <weft/weft.hpp>

namespace {

constexpr int depth = 25;
constexpr std::int64_t answer = 75025;
constexpr std::int64_t calls = 242'785; // of fib(25): 2 fib(26) - 1

[[gnu::noinline]] std::int64_t plain(int n) {
    return n < 2 ? n : plain(n - 1) + plain(n - 2);
}

[[gnu::noinline]] std::int64_t forked(int n) {
    if (n < 2) {
        return n;
    }
    const auto [a, b] = weft::fork_join([n] { return forked(n - 1); }, [n] { return forked(n - 2); });
    return a + b;
}

void fib_without_forks(benchmark::State& state) {
    for (auto _ : state) {
        int n = depth;
        benchmark::DoNotOptimize(n);
        if (plain(n) != answer) {
            state.SkipWithError("the sum is wrong");
            break;
        }
    }
    state.counters["a call"] =
        benchmark::Counter(static_cast<double>(state.iterations() * calls), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(fib_without_forks)->UseRealTime();

void fib_with_a_fork_in_each_call(benchmark::State& state) {
    weft::runtime_options o;
    o.workers = static_cast<unsigned>(state.range(0));
    weft::runtime r(o);
    r.run([&] {
        for (auto _ : state) {
            if (forked(depth) != answer) {
                state.SkipWithError("the sum is wrong");
                break;
            }
        }
    });
    state.counters["a call"] =
        benchmark::Counter(static_cast<double>(state.iterations() * calls), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(fib_with_a_fork_in_each_call)->Arg(1)->Arg(2)->UseRealTime();

void the_outermost_fork(benchmark::State& state) {
    weft::runtime_options o;
    o.workers = static_cast<unsigned>(state.range(0));
    weft::runtime r(o);
    std::int64_t sum = 0;
    r.run([&] {
        for (auto _ : state) {
            const auto [a, b] = weft::fork_join([] { return 1; }, [] { return 2; });
            sum += a + b;
        }
    });
    if (sum != 3 * static_cast<std::int64_t>(state.iterations())) {
        state.SkipWithError("the sum is wrong");
    }
}
BENCHMARK(the_outermost_fork)->Arg(1)->Arg(2)->UseRealTime();

void a_parallel_sum(benchmark::State& state) {
    weft::runtime_options o;
    o.workers = static_cast<unsigned>(state.range(0));
    weft::runtime r(o);
    constexpr std::int64_t n = 1'000'000;
    r.run([&] {
        for (auto _ : state) {
            const std::int64_t sum = weft::parallel_reduce(
                std::int64_t{0}, n, std::int64_t{0}, [](std::int64_t i) { return i; }, [](std::int64_t a, std::int64_t b) { return a + b; });
            if (sum != n * (n - 1) / 2) {
                state.SkipWithError("the sum is wrong");
                break;
            }
        }
    });
    state.SetItemsProcessed(state.iterations() * n);
}
BENCHMARK(a_parallel_sum)->Arg(1)->Arg(2)->UseRealTime();

} // namespace

// SPDX-License-Identifier: MIT
// Question: what does a worker pay at its own deque, what does a thief pay, and what do they cost each other?
// Fixed: the 1024-slot deque of a worker, pointers to one array, every element counted once.
// Falsified: the design says that pop's seq_cst exchange (one locked instruction) is the price of the owner's side, and that a
// thief slows the owner only when it comes; a push+pop far above one locked instruction, or an idle thief that costs, refutes it.
#include "scheduler/deque.hpp"
#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdint>
#include <memory>
#include <thread>

namespace {

using deque = weft::scheduler::deque<std::uint64_t, 1024>;

void push_and_pop(benchmark::State& state) {
    auto d = std::make_unique<deque>();
    std::uint64_t one = 1;
    std::uint64_t sum = 0;
    for (auto _ : state) {
        (void)d->push(&one);
        std::uint64_t* taken = d->pop();
        sum += taken ? *taken : 0;
    }
    if (sum != static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("an element was lost");
    }
}
BENCHMARK(push_and_pop);

void push_many_then_pop_them(benchmark::State& state) {
    auto d = std::make_unique<deque>();
    const std::int64_t n = state.range(0);
    std::uint64_t one = 1;
    std::uint64_t sum = 0;
    for (auto _ : state) {
        for (std::int64_t i = 0; i < n; ++i) {
            (void)d->push(&one);
        }
        while (std::uint64_t* taken = d->pop()) {
            sum += *taken;
        }
    }
    if (sum != static_cast<std::uint64_t>(state.iterations() * n)) {
        state.SkipWithError("an element was lost");
    }
    state.SetItemsProcessed(state.iterations() * n);
}
BENCHMARK(push_many_then_pop_them)->Arg(8)->Arg(1000);

void push_many_then_steal_them_by_oneself(benchmark::State& state) {
    auto d = std::make_unique<deque>();
    constexpr std::int64_t n = 1000;
    std::uint64_t one = 1;
    std::uint64_t sum = 0;
    for (auto _ : state) {
        for (std::int64_t i = 0; i < n; ++i) {
            (void)d->push(&one);
        }
        while (std::uint64_t* taken = d->steal()) {
            sum += *taken;
        }
    }
    if (sum != static_cast<std::uint64_t>(state.iterations() * n)) {
        state.SkipWithError("an element was lost");
    }
    state.SetItemsProcessed(state.iterations() * n);
}
BENCHMARK(push_many_then_steal_them_by_oneself);

/// The owner pushes and pops in bursts of 8 while a thief on another kernel thread takes what it can.
void push_and_pop_against_a_thief(benchmark::State& state) {
    auto d = std::make_unique<deque>();
    std::uint64_t one = 1;
    std::atomic<bool> stop{false};
    std::uint64_t stolen = 0;
    std::thread thief([&] {
        // mo: relaxed: only a flag, join orders the rest.
        while (!stop.load(std::memory_order_relaxed)) {
            if (std::uint64_t* taken = d->steal()) {
                stolen += *taken;
            }
        }
    });
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
    for (auto _ : state) {
        for (int i = 0; i < 8; ++i) {
            pushed += d->push(&one) ? 1 : 0;
        }
        while (std::uint64_t* taken = d->pop()) {
            popped += *taken;
        }
    }
    // mo: relaxed: as above.
    stop.store(true, std::memory_order_relaxed);
    thief.join();
    if (pushed != popped + stolen) {
        state.SkipWithError("an element was lost or taken twice");
    }
    state.SetItemsProcessed(state.iterations() * 8);
    state.counters["stolen"] = static_cast<double>(stolen) / static_cast<double>(pushed);
}
BENCHMARK(push_and_pop_against_a_thief)->UseRealTime();

} // namespace

// SPDX-License-Identifier: MIT
// Question: where a task begins on a stack that is in use, is it cheaper to look whether the floating-point control words are what they
// should be, or to put them in force unasked?
// Fixed: one thread, no scheduler; a hundred of each in a turn, the words in memory that is in the first-level cache.
// Falsified: restore_float_control (context/arch) does the one that is dearer here.
#include "context/float_control.hpp"
#include <benchmark/benchmark.h>

namespace {

using namespace weft::context;

constexpr int times = 100;

void look(benchmark::State& state) {
    const float_control wanted = float_control_now();
    for (auto _ : state) {
        for (int i = 0; i < times; ++i) {
            bool same = float_control_now() == wanted;
            benchmark::DoNotOptimize(same);
        }
    }
    state.SetItemsProcessed(state.iterations() * times);
}
BENCHMARK(look);

void restore(benchmark::State& state) {
    const float_control wanted = float_control_now();
    for (auto _ : state) {
        for (int i = 0; i < times; ++i) {
            restore_float_control(wanted);
        }
    }
    state.SetItemsProcessed(state.iterations() * times);
}
BENCHMARK(restore);

/// After an operation whose result is not exact, so that on x86-64 a flag has to be cleared.
void restore_after_arithmetic(benchmark::State& state) {
    const float_control wanted;
    double three = 3;
    benchmark::DoNotOptimize(three);
    for (auto _ : state) {
        for (int i = 0; i < times; ++i) {
            double third = 1 / three;
            benchmark::DoNotOptimize(third);
            restore_float_control(wanted);
        }
    }
    state.SetItemsProcessed(state.iterations() * times);
}
BENCHMARK(restore_after_arithmetic);

} // namespace

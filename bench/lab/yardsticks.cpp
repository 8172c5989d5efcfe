// SPDX-License-Identifier: MIT
#include "lab/yardsticks.hpp"
#include "kernel/clock.hpp"
#include "kernel/futex.hpp"
#include "kernel/syscall.hpp"
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <sys/syscall.h>

namespace weft::lab {

namespace {

/// Nanoseconds for each of `times` steps, in the best of several runs.
template <class Step>
double best_of_runs(int times, Step step) {
    double best = std::numeric_limits<double>::max();
    for (int run = 0; run < 7; ++run) {
        const std::uint64_t begin = kernel::monotonic_ns();
        for (int i = 0; i < times; ++i) {
            step();
        }
        best = std::min(best, static_cast<double>(kernel::monotonic_ns() - begin) / times);
    }
    return best;
}

} // namespace

yardsticks measure_yardsticks() {
    std::atomic<std::uint64_t> word{0};
    std::atomic<std::uint32_t> nobody{0};
    return {
        // mo: relaxed: the instruction costs the same in every order here; nobody else looks.
        best_of_runs(100'000, [&word] { word.fetch_add(1, std::memory_order_relaxed); }),
        best_of_runs(100'000,
                     [] {
                         void* const block = std::malloc(64);
                         asm volatile("" : : "r"(block) : "memory"); // so that the pair is not removed
                         std::free(block);
                     }),
        best_of_runs(5'000, [] { (void)kernel::system_call(SYS_getppid); }),
        best_of_runs(5'000, [&nobody] { (void)kernel::futex_wake(nobody, 1); }),
    };
}

std::string as_text(const yardsticks& y) {
    char text[160];
    std::snprintf(text, sizeof text, "atomic read-modify-write %.1f ns, malloc and free %.1f ns, system call %.0f ns, futex wake of nobody %.0f ns",
                  y.read_modify_write_ns, y.allocation_ns, y.system_call_ns, y.futex_wake_ns);
    return text;
}

} // namespace weft::lab

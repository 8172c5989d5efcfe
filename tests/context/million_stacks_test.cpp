// SPDX-License-Identifier: MIT
// 1,000,000 stacks out at once, each with a guard that is proven, each touched; the memory comes down when they come back.
// A program: 0 passed, 77 skipped (no MADV_GUARD_INSTALL: mprotect's guards end near vm.max_map_count / 2; or too little memory), 1 failed.
#include "context/stack_pool.hpp"
#include "kernel/clock.hpp"
#include "kernel/features.hpp"
#include "kernel/guard_page.hpp"
#include "support/watchdog.hpp"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace weft;

namespace {

std::size_t field_of(const char* file, const char* name) {
    std::ifstream status(file);
    for (std::string word; status >> word;) {
        if (word == name) {
            std::size_t kib = 0;
            status >> kib;
            return kib * 1024;
        }
    }
    return 0;
}

std::size_t memory_in_use() {
    return field_of("/proc/self/status", "VmRSS:") + field_of("/proc/self/status", "VmPTE:");
}

void demand(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "FAILED: %s\n", what);
        std::exit(1);
    }
}

} // namespace

int main() {
    const std::size_t count = test::sanitized ? 20'000 : 1'000'000;
    constexpr std::size_t batch = 16;
    if (!kernel::has_guard_advice()) {
        std::puts("skipped: this kernel has no MADV_GUARD_INSTALL");
        return 77;
    }
    if (field_of("/proc/meminfo", "MemAvailable:") < std::size_t{5} << 30) {
        std::puts("skipped: less than 5 GiB of memory are free");
        return 77;
    }
    test::watchdog dog(280, "a million stacks");
    context::stack_pool pool({.stack_size = 64 * 1024});
    const std::size_t before = memory_in_use();
    std::vector<void*> tops(count);
    base::refusal why;
    for (std::size_t have = 0; have < count;) {
        const std::size_t got = pool.acquire(tops.data() + have, std::min(batch, count - have), &why);
        if (got == 0) {
            std::fprintf(stderr, "FAILED at stack %zu: %s, errno %d\n", have, why.call, why.error);
            return 1;
        }
        have += got;
    }
    const std::size_t untouched = memory_in_use() - before;
    for (std::size_t i = 0; i < count; ++i) {
        *(static_cast<std::size_t*>(tops[i]) - 1) = i;
    }
    const std::size_t peak = memory_in_use() - before;
    for (std::size_t i = 0; i < count; ++i) {
        demand(*(static_cast<std::size_t*>(tops[i]) - 1) == i, "a stack holds what was written to it");
        demand(kernel::is_guarded(pool.guard_of(tops[i])), "a guard lies below every stack");
    }
    const auto full = pool.stats();
    demand(full.out == count, "all are out");
    for (std::size_t at = 0; at < count; at += batch) {
        pool.release(tops.data() + at, std::min(batch, count - at));
    }
    for (std::uint64_t due = pool.tidy_due(); due != kernel::never; due = pool.tidy_due()) { // as an idle runtime does
        std::this_thread::sleep_until(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(due)));
        (void)pool.tidy(kernel::monotonic_ns());
    }
    const std::size_t after = memory_in_use() - before;
    const auto end = pool.stats();
    std::printf("%zu stacks in %zu slabs: %zu MiB before the first touch, %zu MiB with a page each, %zu MiB after (%zu warm, %zu trimmed)\n",
                count, full.slabs, untouched >> 20, peak >> 20, after >> 20, end.warm, end.trimmed);
    demand(end.out == 0 && end.warm + end.cold == count, "all came back");
    if (!test::sanitized) {
        demand(peak < std::size_t{4500} * 1000 * 1000, "a million touched stacks take less than 4.5 GB, page tables included");
        demand(after < peak / 8, "their memory went back to the kernel");
    }
    return 0;
}

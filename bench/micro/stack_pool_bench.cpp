// SPDX-License-Identifier: MIT
// Question: what does a stack cost: warm, cold, fresh, by kind of guard; and what does a first touch cost beside it?
// Fixed: 64 KiB stacks, batches of 16 as a worker's cache takes them, one kernel thread.
// Falsified: advice is preferred because its guards are cheaper than mprotect's and need no mappings; batches because one call for 16
// is cheaper than 16 calls. Figures that say otherwise refute stack_pool.hpp.
#include "context/stack_pool.hpp"
#include "kernel/advise_many.hpp"
#include "kernel/features.hpp"
#include "kernel/guard_page.hpp"
#include <algorithm>
#include <benchmark/benchmark.h>
#include <optional>
#include <sys/mman.h>
#include <vector>

namespace {

using namespace weft;
using context::guard_method;
using context::stack_pool;

constexpr std::size_t batch = 16;
constexpr std::size_t stack_size = 64 * 1024;

void touch(void* top) {
    static_cast<volatile char*>(top)[-1] = 1;
}

void acquire_and_release_warm(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    stack_pool pool({.stack_size = stack_size});
    void* tops[batch];
    base::refusal why;
    for (auto _ : state) {
        if (pool.acquire(tops, n, &why) != n) {
            state.SkipWithError(why.call);
            break;
        }
        pool.release(tops, n);
    }
    if (pool.stats().warm != batch && pool.stats().warm != 1) {
        state.SkipWithError("the pool did not reuse its stacks");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(acquire_and_release_warm)->Arg(1)->Arg(batch);

/// Fresh stacks, their guards and their first touch, from a pool that is thrown away when 8,192 are out.
void acquire_fresh(benchmark::State& state, guard_method guards, bool touched) {
    if (guards == guard_method::advice && !kernel::has_guard_advice()) {
        state.SkipWithError("this kernel has no MADV_GUARD_INSTALL");
        return;
    }
    std::optional<stack_pool> pool;
    std::vector<void*> out;
    base::refusal why;
    auto empty = [&] {
        if (pool) {
            pool->release(out.data(), out.size());
            out.clear();
        }
    };
    for (auto _ : state) {
        if (!pool || out.size() >= 8192) {
            state.PauseTiming();
            empty();
            pool.emplace(context::stack_pool_options{.stack_size = stack_size, .guards = guards});
            state.ResumeTiming();
        }
        void* tops[batch];
        if (pool->acquire(tops, batch, &why) != batch) {
            state.SkipWithError(why.call);
            break;
        }
        for (void* top : tops) {
            if (touched) {
                touch(top);
            }
            out.push_back(top);
        }
    }
    for (void* top : out) {
        if (!kernel::is_guarded(pool->guard_of(top))) {
            state.SkipWithError("a stack has no guard");
            break;
        }
    }
    empty();
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK_CAPTURE(acquire_fresh, advice, guard_method::advice, false);
BENCHMARK_CAPTURE(acquire_fresh, mprotect, guard_method::mprotect, false);
BENCHMARK_CAPTURE(acquire_fresh, advice_and_touch, guard_method::advice, true);

/// Stacks that went cold: released beyond the watermark, and touched again.
void release_to_cold_and_touch_again(benchmark::State& state) {
    stack_pool pool({.stack_size = stack_size, .warm_limit = batch});
    constexpr std::size_t many = 1024;
    std::vector<void*> tops(many);
    base::refusal why;
    for (auto _ : state) {
        for (std::size_t at = 0; at < many; at += batch) {
            if (pool.acquire(&tops[at], batch, &why) != batch) {
                state.SkipWithError(why.call);
                return;
            }
            std::for_each(tops.begin() + static_cast<long>(at), tops.begin() + static_cast<long>(at + batch), touch);
        }
        for (std::size_t at = 0; at < many; at += batch) {
            pool.release(&tops[at], batch);
        }
    }
    if (pool.stats().out != 0 || pool.stats().trimmed == 0) {
        state.SkipWithError("nothing went cold");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(many));
}
BENCHMARK(release_to_cold_and_touch_again);

/// The kernel's side alone: guards one by one and many in a call, on a fresh mapping each time.
void install_guards(benchmark::State& state) {
    if (!kernel::has_guard_advice()) {
        state.SkipWithError("this kernel has no MADV_GUARD_INSTALL");
        return;
    }
    const auto in_a_call = static_cast<std::size_t>(state.range(0));
    constexpr std::size_t count = 4096;
    for (auto _ : state) {
        state.PauseTiming();
        auto* begin = static_cast<char*>(mmap(nullptr, count * stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        state.ResumeTiming();
        for (std::size_t i = 0; i < count; i += in_a_call) {
            iovec places[64];
            for (std::size_t k = 0; k < in_a_call; ++k) {
                places[k] = {begin + (i + k) * stack_size, kernel::page_size()};
            }
            if (in_a_call == 1) {
                (void)kernel::install_guard(places[0].iov_base, places[0].iov_len);
            } else {
                (void)kernel::advise_many(places, in_a_call, kernel::guard_install_advice);
            }
        }
        state.PauseTiming();
        if (!kernel::is_guarded(begin + (count - 1) * stack_size)) {
            state.SkipWithError("this kernel refuses many in a call");
        }
        munmap(begin, count * stack_size);
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}
BENCHMARK(install_guards)->Arg(1)->Arg(16)->Arg(64);

} // namespace

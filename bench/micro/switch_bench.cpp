// SPDX-License-Identifier: MIT
// Question: what does it cost to leave one stack and go on with another, and how does that grow with the number of stacks?
// Fixed: one kernel thread, no scheduler, every stack from the pool. The backend is the one that the library was built with
// (WEFT_CONTEXT); run both builds to compare them. swapcontext, which makes a system call for the signal mask, is the baseline.
// Falsified: native is the default because it beats Boost's jump here; if the two builds show otherwise, the default is wrong.
#include "context/exception_state.hpp"
#include "context/stack_pool.hpp"
#include "context/switch.hpp"
#include <benchmark/benchmark.h>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <ucontext.h>
#include <vector>

namespace {

using namespace weft;

/// Stacks in a ring: each adds one to the counter and goes on with the next.
class ring {
  public:
    explicit ring(std::size_t count) : seats_(count) {
        std::vector<void*> tops(count);
        base::refusal why;
        for (std::size_t have = 0; have < count;) {
            const std::size_t got = pool_.acquire(tops.data() + have, count - have, &why);
            if (got == 0) {
                std::abort();
            }
            have += got;
        }
        for (std::size_t i = 0; i < count; ++i) {
            seats_[i] = {this, &seats_[(i + 1) % count], tops[i],
                         context::make_point(tops[i], pool_.usable_size(), &run, &seats_[i])};
        }
    }
    ~ring() {
        for (auto& s : seats_) { // their frames hold nothing: the stacks are simply taken back
            pool_.release(&s.top, 1);
        }
    }

    /// Once around, through every stack, and back here.
    void turn() { context::switch_to(&outside_, seats_[0].point); }

    std::uint64_t counted() const { return counter_; }

  private:
    struct seat {
        ring* home = nullptr;
        seat* next = nullptr;
        void* top = nullptr;
        context::point point = nullptr;
    };
    static void run(void* self) noexcept {
        auto& s = *static_cast<seat*>(self);
        for (;;) {
            ++s.home->counter_;
            const bool last = s.next == s.home->seats_.data();
            context::switch_to(&s.point, last ? s.home->outside_ : s.next->point);
        }
    }

    context::stack_pool pool_{{.stack_size = 64 * 1024}};
    std::vector<seat> seats_;
    context::point outside_ = nullptr;
    std::uint64_t counter_ = 0;
};

/// Shown as the time of one.
void count_switches(benchmark::State& state, std::uint64_t switches) {
    state.counters["a switch"] =
        benchmark::Counter(static_cast<double>(switches), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void switch_around_a_ring(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    ring r(count);
    std::uint64_t turns = 0;
    for (auto _ : state) {
        r.turn();
        ++turns;
    }
    if (r.counted() != turns * count) {
        state.SkipWithError("a stack was left out");
    }
    count_switches(state, turns * (count + 1)); // one a stack, and the one that comes back
}
BENCHMARK(switch_around_a_ring)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->Arg(1024)->Arg(8192);

/// The same two stacks, with the exception state put aside each time, as the scheduler does.
void switch_with_exception_state(benchmark::State& state) {
    ring r(1);
    context::exception_state* const here = context::exception_state_of_this_thread();
    std::uint64_t turns = 0;
    for (auto _ : state) {
        context::exception_state mine;
        context::swap_out(*here, mine);
        r.turn();
        context::swap_in(*here, mine);
        ++turns;
    }
    if (r.counted() != turns) {
        state.SkipWithError("a stack was left out");
    }
    count_switches(state, turns * 2);
}
BENCHMARK(switch_with_exception_state);

context::point starter;
std::uint64_t started;

void enter_and_leave(benchmark::State& state) {
    context::stack_pool pool({.stack_size = 64 * 1024});
    void* top = nullptr;
    base::refusal why;
    if (pool.acquire(&top, 1, &why) != 1) {
        state.SkipWithError(why.call);
        return;
    }
    started = 0;
    std::uint64_t wanted = 0;
    for (auto _ : state) {
        context::switch_to(&starter, context::make_point(
                                         top, pool.usable_size(),
                                         +[](void*) noexcept {
                                             ++started;
                                             context::leave_to(starter);
                                         },
                                         nullptr));
        ++wanted;
    }
    if (started != wanted) {
        state.SkipWithError("an entry did not run");
    }
    pool.release(&top, 1);
}
BENCHMARK(enter_and_leave);

ucontext_t outside_context, inside_context;
std::uint64_t baseline_count;

void swapcontext_there_and_back(benchmark::State& state) {
    auto memory = std::make_unique<char[]>(64 * 1024);
    getcontext(&inside_context);
    inside_context.uc_stack.ss_sp = memory.get();
    inside_context.uc_stack.ss_size = 64 * 1024;
    makecontext(
        &inside_context,
        +[] {
            for (;;) {
                ++baseline_count;
                swapcontext(&inside_context, &outside_context);
            }
        },
        0);
    baseline_count = 0;
    std::uint64_t turns = 0;
    for (auto _ : state) {
        swapcontext(&outside_context, &inside_context);
        ++turns;
    }
    if (baseline_count != turns) {
        state.SkipWithError("the context did not run");
    }
    count_switches(state, turns * 2);
}
BENCHMARK(swapcontext_there_and_back);

} // namespace

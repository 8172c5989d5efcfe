// SPDX-License-Identifier: MIT
// What must not depend on size: the CPU time of the same work with 2, 8 and 64 workers on whatever CPUs there are, and the CPU time of a
// task among a thousand and among a million.
//
// CPU time and not wall time, since a busy machine stretches the latter without end; a collapse (workers that spin for each other, a
// herd at each wake-up) is CPU time anyway. Each figure is the best of several rounds, and the rounds of what is compared are interleaved.
// The limits are wide, several times what is measured on a quiet machine (docs/scaling.md): they tell a collapse from a slow day.
#include "support/census.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <vector>
#include <weft/weft.hpp>

namespace {

constexpr int rounds = 3;

long fib(int n) {
    if (n < 2) {
        return n;
    }
    auto [a, b] = weft::fork_join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
    return a + b;
}

void run_fib() {
    REQUIRE(fib(30) == 832040);
}

long skynet(long number, long size) {
    if (size == 1) {
        return number;
    }
    std::vector<weft::join_handle<long>> children;
    for (long i = 0; i < 10; ++i) {
        children.push_back(weft::spawn([=] { return skynet(number + i * (size / 10), size / 10); }));
    }
    long sum = 0;
    for (auto& child : children) {
        sum += child.join();
    }
    return sum;
}

void run_skynet() {
    constexpr long leaves = 100'000;
    REQUIRE(skynet(0, leaves) == leaves * (leaves - 1) / 2);
}

void storm_of_yields() {
    constexpr int tasks = 100, yields = 5000;
    std::atomic<long> done{0};
    std::vector<weft::join_handle<void>> all;
    for (int i = 0; i < tasks; ++i) {
        all.push_back(weft::spawn([&done] {
            for (int k = 0; k < yields; ++k) {
                weft::yield();
                done.fetch_add(1, std::memory_order_relaxed);
            }
        }));
    }
    for (auto& h : all) {
        h.join();
    }
    REQUIRE(done == long{tasks} * yields);
}

/// The same work by 2, 8 and 64 workers: at most `times` the CPU time of 2, and 30 ms for starting to work at all.
void compare_workers(const char* what, void (*work)(), double times) {
    constexpr std::array<unsigned, 3> workers{2, 8, 64};
    std::array<std::unique_ptr<weft::runtime>, 3> runtimes;
    std::array<double, 3> best;
    best.fill(1e9);
    for (std::size_t i = 0; i < workers.size(); ++i) {
        runtimes[i] = std::make_unique<weft::runtime>(weft::runtime_options{.workers = workers[i]});
    }
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < workers.size(); ++i) {
            const long begin = support::cpu_ns();
            runtimes[i]->run(work);
            best[i] = std::min(best[i], static_cast<double>(support::cpu_ns() - begin) / 1e6);
        }
    }
    support::say("  %s: %.1f ms of CPU with 2 workers, %.1f with 8, %.1f with 64\n", what, best[0], best[1], best[2]);
    REQUIRE(best[1] <= times * best[0] + 30);
    REQUIRE(best[2] <= times * best[0] + 30);
}

void many_workers_fork_and_join() {
    test::watchdog guard(200, "fib with 2, 8 and 64 workers");
    compare_workers("fib", run_fib, 4);
}
void many_workers_spawn_and_join() {
    test::watchdog guard(200, "skynet with 2, 8 and 64 workers");
    compare_workers("skynet", run_skynet, 4);
}
void many_workers_yield() {
    test::watchdog guard(200, "yields with 2, 8 and 64 workers");
    compare_workers("yields", storm_of_yields, 4);
}

/// All spawned, then all joined.
void spawn_and_join(int tasks) {
    std::vector<weft::join_handle<int>> handles;
    handles.reserve(static_cast<std::size_t>(tasks));
    for (int i = 0; i < tasks; ++i) {
        handles.push_back(weft::spawn([i] { return i; }));
    }
    long sum = 0;
    for (auto& h : handles) {
        sum += h.join();
    }
    REQUIRE(sum == long{tasks} * (tasks - 1) / 2);
}

void a_task_costs_the_same_among_many() {
    test::watchdog guard(300, "the cost of a task among a thousand and among a million");
    constexpr std::array<int, 4> sizes{1'000, 10'000, 100'000, 1'000'000};
    for (unsigned workers : {1u, 2u}) {
        weft::runtime rt({.workers = workers});
        std::array<double, sizes.size()> best_ns;
        best_ns.fill(1e9);
        for (int round = 0; round < rounds; ++round) {
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                const int repeats = std::max(1, 100'000 / sizes[i]); // long enough to be measured
                const long begin = support::cpu_ns();
                rt.run([&] {
                    for (int r = 0; r < repeats; ++r) {
                        spawn_and_join(sizes[i]);
                    }
                });
                best_ns[i] = std::min(best_ns[i], static_cast<double>(support::cpu_ns() - begin) / sizes[i] / repeats);
            }
        }
        support::say("  %u workers: %.0f, %.0f, %.0f and %.0f ns of CPU a task among 10^3, 10^4, 10^5 and 10^6\n", workers, best_ns[0],
                     best_ns[1], best_ns[2], best_ns[3]);
        // A million descriptors are 128 MB: they are out of every cache, and the first touch of their pages is the kernel's price.
        const auto [least, most] = std::minmax_element(best_ns.begin(), best_ns.end());
        REQUIRE(*most <= 4 * *least + 150);
    }
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
                              {
                                  {"8 and 64 workers fork and join without collapse", many_workers_fork_and_join},
                                  {"8 and 64 workers spawn and join without collapse", many_workers_spawn_and_join},
                                  {"8 and 64 workers yield without collapse", many_workers_yield},
                                  {"a task costs the same among a thousand and among a million", a_task_costs_the_same_among_many},
                              },
                              0); // each case has a watchdog
}

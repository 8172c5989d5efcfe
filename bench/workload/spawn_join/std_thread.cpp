// SPDX-License-Identifier: MIT
#include "run/program.hpp"
#include "spawn_join/workload.hpp"
#include <thread>
#include <vector>

namespace weft::workload {
namespace {

std::uint64_t all(std::uint64_t tasks) {
    std::vector<std::uint64_t> answers(tasks);
    std::vector<std::thread> threads;
    threads.reserve(tasks);
    for (std::uint64_t i = 0; i < tasks; ++i) {
        threads.emplace_back([&answers, i] { answers[i] = i; });
    }
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < tasks; ++i) {
        threads[i].join();
        sum += answers[i];
    }
    return sum;
}

void run(program& p) {
    keep_to_cpus(p.workers());
    const std::uint64_t tasks = p.size_at_most("tasks", 5000, "kernel threads");
    for (const char* time : {"cold", "warm"}) {
        std::uint64_t sum = 0;
        const double ns = timed([&] { sum = all(tasks); });
        p.require(sum == spawn_join::right_answer(tasks), "the sum is wrong");
        p.figure(time, "ns", ns / static_cast<double>(tasks));
    }
}

const contender here("spawn_join", run);

} // namespace
} // namespace weft::workload

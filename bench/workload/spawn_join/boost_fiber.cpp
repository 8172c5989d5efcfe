// SPDX-License-Identifier: MIT
#include "run/boost_fiber.hpp"
#include "run/program.hpp"
#include "spawn_join/workload.hpp"
#include <vector>

namespace weft::workload {
namespace {

std::uint64_t all(std::uint64_t tasks) {
    std::vector<std::uint64_t> answers(tasks);
    std::vector<boost::fibers::fiber> fibers;
    fibers.reserve(tasks);
    for (std::uint64_t i = 0; i < tasks; ++i) {
        fibers.emplace_back([&answers, i] { answers[i] = i; });
    }
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < tasks; ++i) {
        fibers[i].join();
        sum += answers[i];
    }
    return sum;
}

void run(program& p) {
    const std::uint64_t tasks = p.size_at_most("tasks", 20'000, "a stack for each fiber, all at once");
    on_fibers(p.workers(), [&] {
        for (const char* time : {"cold", "warm"}) {
            std::uint64_t sum = 0;
            const double ns = timed([&] { sum = all(tasks); });
            p.require(sum == spawn_join::right_answer(tasks), "the sum is wrong");
            p.figure(time, "ns", ns / static_cast<double>(tasks));
        }
    });
}

const contender here("spawn_join", run);

} // namespace
} // namespace weft::workload

// SPDX-License-Identifier: MIT
#include "run/onetbb.hpp"
#include "run/program.hpp"
#include "spawn_join/workload.hpp"
#include <vector>

namespace weft::workload {
namespace {

std::uint64_t all(std::uint64_t tasks) {
    std::vector<std::uint64_t> answers(tasks);
    oneapi::tbb::task_group group;
    for (std::uint64_t i = 0; i < tasks; ++i) {
        group.run([&answers, i] { answers[i] = i; });
    }
    group.wait();
    std::uint64_t sum = 0;
    for (const std::uint64_t a : answers) {
        sum += a;
    }
    return sum;
}

void run(program& p) {
    const std::uint64_t tasks = p.size("tasks");
    in_arena(p.workers(), [&] {
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

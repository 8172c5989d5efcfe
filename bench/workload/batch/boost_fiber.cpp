// SPDX-License-Identifier: MIT
#include "batch/workload.hpp"
#include "run/boost_fiber.hpp"
#include "run/program.hpp"
#include <vector>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t batches = p.size_at_most("batches", 200, "a stack made and freed for each");
    const std::uint64_t tasks = p.size("tasks");
    std::vector<std::uint64_t> answers(tasks);
    std::uint64_t sum = 0;
    double ns = 0;
    on_fibers(p.workers(), [&] {
        ns = timed([&] {
            for (std::uint64_t b = 0; b < batches; ++b) {
                std::vector<boost::fibers::fiber> group;
                for (std::uint64_t i = 0; i < tasks; ++i) {
                    group.emplace_back([&answers, i] { answers[i] = i; });
                }
                for (auto& t : group) {
                    t.join();
                }
                for (std::uint64_t& a : answers) {
                    sum += a;
                    a = 0;
                }
            }
        });
    });
    p.require(sum == batch::right_answer(batches, tasks), "the sum is wrong");
    p.figure("task", "ns", ns / static_cast<double>(batches * tasks));
}

const contender here("batch", run);

} // namespace
} // namespace weft::workload

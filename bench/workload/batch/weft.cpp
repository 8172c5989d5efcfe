// SPDX-License-Identifier: MIT
#include "batch/workload.hpp"
#include "run/program.hpp"
#include <vector>
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t batches = p.size("batches");
    weft::runtime r({.workers = p.workers()});
    const std::uint64_t tasks = p.size("tasks");
    std::vector<std::uint64_t> answers(tasks);
    std::uint64_t sum = 0;
    double ns = 0;
    r.run([&] {
        ns = timed([&] {
            for (std::uint64_t b = 0; b < batches; ++b) {
                weft::scope group;
                for (std::uint64_t i = 0; i < tasks; ++i) {
                    group.spawn([&answers, i] { answers[i] = i; });
                }
                group.join();
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

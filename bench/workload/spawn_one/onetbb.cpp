// SPDX-License-Identifier: MIT
#include "run/onetbb.hpp"
#include "run/program.hpp"
#include "spawn_one/workload.hpp"

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t tasks = p.size("tasks");
    std::uint64_t sum = 0;
    double ns = 0;
    in_arena(p.workers(), [&] {
        oneapi::tbb::task_group group;
        ns = timed([&] {
            for (std::uint64_t i = 0; i < tasks; ++i) {
                group.run([&sum, i] { sum += i; });
                group.wait();
            }
        });
    });
    p.require(sum == spawn_one::right_answer(tasks), "the sum is wrong");
    p.figure("spawn and wait", "ns", ns / static_cast<double>(tasks));
}

const contender here("spawn_one", run);

} // namespace
} // namespace weft::workload

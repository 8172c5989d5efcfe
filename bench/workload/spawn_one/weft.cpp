// SPDX-License-Identifier: MIT
#include "run/program.hpp"
#include "spawn_one/workload.hpp"
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t tasks = p.size("tasks");
    weft::runtime r({.workers = p.workers()});
    std::uint64_t sum = 0;
    double ns = 0;
    r.run([&] {
        ns = timed([&] {
            for (std::uint64_t i = 0; i < tasks; ++i) {
                sum += weft::spawn([i] { return i; }).join();
            }
        });
    });
    p.require(sum == spawn_one::right_answer(tasks), "the sum is wrong");
    p.figure("spawn and wait", "ns", ns / static_cast<double>(tasks));
}

const contender here("spawn_one", run);

} // namespace
} // namespace weft::workload

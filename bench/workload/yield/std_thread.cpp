// SPDX-License-Identifier: MIT
// As many CPUs as there are workers; sched_yield(2) gives the turn to the next thread of the CPU.
#include "run/program.hpp"
#include "yield/workload.hpp"
#include <thread>
#include <vector>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t tasks = p.size("tasks");
    const std::uint64_t yields = p.size_at_most("yields", 20'000, "a system call each");
    keep_to_cpus(p.workers());
    std::vector<std::uint64_t> had(tasks);
    const double ns = timed([&] {
        std::vector<std::thread> all;
        for (std::uint64_t t = 0; t < tasks; ++t) {
            all.emplace_back([&, t] {
                std::uint64_t mine = 0;
                for (std::uint64_t i = 0; i < yields; ++i) {
                    std::this_thread::yield();
                    ++mine;
                }
                had[t] = mine;
            });
        }
        for (auto& t : all) {
            t.join();
        }
    });
    for (const std::uint64_t n : had) {
        p.require(n == yields, "a thread had not all of its turns");
    }
    p.figure("yield", "ns", ns / static_cast<double>(tasks * yields));
}

const contender here("yield", run);

} // namespace
} // namespace weft::workload

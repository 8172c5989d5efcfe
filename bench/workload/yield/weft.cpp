// SPDX-License-Identifier: MIT
#include "run/program.hpp"
#include "yield/workload.hpp"
#include <algorithm>
#include <vector>
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

struct alignas(64) turns {
    std::uint64_t had = 0;
};

void run(program& p) {
    const std::uint64_t tasks = p.size("tasks");
    const std::uint64_t yields = p.size("yields");
    weft::runtime r({.workers = p.workers()});
    std::vector<turns> counted(tasks);
    std::uint64_t least_at_first_end = yields;
    const double ns = r.run([&] {
        return timed([&] {
            std::vector<weft::join_handle<void>> all;
            for (std::uint64_t t = 0; t < tasks; ++t) {
                all.push_back(weft::spawn([&, t] {
                    for (std::uint64_t i = 0; i < yields; ++i) {
                        weft::this_task::yield();
                        ++counted[t].had;
                    }
                    if (p.workers() == 1) {
                        for (const turns& of : counted) {
                            least_at_first_end = std::min(least_at_first_end, of.had);
                        }
                    }
                }));
            }
            for (auto& t : all) {
                t.join();
            }
        });
    });
    for (const turns& of : counted) {
        p.require(of.had == yields, "a task had not all of its turns");
    }
    p.require(p.workers() > 1 || yield::took_turns(least_at_first_end, yields), "the tasks did not take turns");
    p.figure("yield", "ns", ns / static_cast<double>(tasks * yields));
}

const contender here("yield", run);

} // namespace
} // namespace weft::workload

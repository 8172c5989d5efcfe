// SPDX-License-Identifier: MIT
#include "run/boost_fiber.hpp"
#include "run/program.hpp"
#include "yield/workload.hpp"

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t tasks = p.size("tasks");
    const std::uint64_t yields = p.size("yields");
    std::vector<std::uint64_t> had(tasks);
    double ns = 0;
    on_fibers(p.workers(), [&] {
        ns = timed([&] {
            std::vector<boost::fibers::fiber> all;
            for (std::uint64_t t = 0; t < tasks; ++t) {
                all.emplace_back([&, t] {
                    std::uint64_t mine = 0;
                    for (std::uint64_t i = 0; i < yields; ++i) {
                        boost::this_fiber::yield();
                        ++mine;
                    }
                    had[t] = mine;
                });
            }
            for (auto& t : all) {
                t.join();
            }
        });
    });
    for (const std::uint64_t n : had) {
        p.require(n == yields, "a fiber had not all of its turns");
    }
    p.figure("yield", "ns", ns / static_cast<double>(tasks * yields));
}

const contender here("yield", run);

} // namespace
} // namespace weft::workload

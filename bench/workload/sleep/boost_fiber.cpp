// SPDX-License-Identifier: MIT
#include "run/boost_fiber.hpp"
#include "run/program.hpp"
#include "sleep/workload.hpp"
#include <vector>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t sleepers = p.size("sleepers");
    std::vector<std::int64_t> late(sleepers, -1);
    const double used = cpu_ns();
    on_fibers(p.workers(), [&] {
        std::vector<boost::fibers::fiber> all;
        all.reserve(sleepers);
        for (std::uint64_t i = 0; i < sleepers; ++i) {
            all.emplace_back(std::allocator_arg, boost::fibers::fixedsize_stack(16 * 1024), [&late, i] {
                const std::uint64_t length = sleep::length_ms(i);
                const std::uint64_t begin = now_ns();
                boost::this_fiber::sleep_for(std::chrono::milliseconds(length));
                late[i] = static_cast<std::int64_t>(now_ns() - begin - length * 1'000'000);
            });
        }
        for (auto& t : all) {
            t.join();
        }
    });
    sleep::report(p, late, cpu_ns() - used);
}

const contender here("sleep", run);

} // namespace
} // namespace weft::workload

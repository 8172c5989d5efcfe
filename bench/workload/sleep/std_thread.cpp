// SPDX-License-Identifier: MIT
#include "run/program.hpp"
#include "sleep/workload.hpp"
#include <thread>
#include <vector>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t sleepers = p.size_at_most("sleepers", 5000, "kernel threads");
    keep_to_cpus(p.workers());
    std::vector<std::int64_t> late(sleepers, -1);
    const double used = cpu_ns();
    {
        std::vector<std::thread> all;
        all.reserve(sleepers);
        for (std::uint64_t i = 0; i < sleepers; ++i) {
            all.emplace_back([&late, i] {
                const std::uint64_t length = sleep::length_ms(i);
                const std::uint64_t begin = now_ns();
                std::this_thread::sleep_for(std::chrono::milliseconds(length));
                late[i] = static_cast<std::int64_t>(now_ns() - begin - length * 1'000'000);
            });
        }
        for (auto& t : all) {
            t.join();
        }
    }
    sleep::report(p, late, cpu_ns() - used);
}

const contender here("sleep", run);

} // namespace
} // namespace weft::workload

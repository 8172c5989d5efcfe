// SPDX-License-Identifier: MIT
#include "run/program.hpp"
#include "sleep/workload.hpp"
#include <vector>
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

void run(program& p) {
    const std::uint64_t sleepers = p.size("sleepers");
    weft::runtime r({.workers = p.workers()});
    std::vector<std::int64_t> late(sleepers, -1);
    const double used = cpu_ns();
    r.run([&] {
        std::vector<weft::join_handle<void>> all;
        all.reserve(sleepers);
        for (std::uint64_t i = 0; i < sleepers; ++i) {
            all.push_back(weft::spawn([&late, i] {
                const std::uint64_t length = sleep::length_ms(i);
                const std::uint64_t begin = now_ns();
                weft::sleep_for(std::chrono::milliseconds(length));
                late[i] = static_cast<std::int64_t>(now_ns() - begin - length * 1'000'000);
            }));
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

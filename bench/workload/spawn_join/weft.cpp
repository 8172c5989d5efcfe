// SPDX-License-Identifier: MIT
#include "run/program.hpp"
#include "spawn_join/workload.hpp"
#include <vector>
#include <weft/weft.hpp>

namespace weft::workload {
namespace {

std::uint64_t all(std::uint64_t tasks) {
    std::vector<weft::join_handle<std::uint64_t>> handles;
    handles.reserve(tasks);
    for (std::uint64_t i = 0; i < tasks; ++i) {
        handles.push_back(weft::spawn([i] { return i; }));
    }
    std::uint64_t sum = 0;
    for (auto& h : handles) {
        sum += h.join();
    }
    return sum;
}

void run(program& p) {
    const std::uint64_t tasks = p.size("tasks");
    weft::runtime r({.workers = p.workers()});
    r.run([&] {
        for (const char* time : {"cold", "warm"}) {
            std::uint64_t sum = 0;
            const double ns = timed([&] { sum = all(tasks); });
            p.require(sum == spawn_join::right_answer(tasks), "the sum is wrong");
            p.figure(time, "ns", ns / static_cast<double>(tasks));
        }
    });
}

const contender here("spawn_join", run);

} // namespace
} // namespace weft::workload

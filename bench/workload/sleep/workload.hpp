// SPDX-License-Identifier: MIT
// Question: how late do sleepers wake, when a hundred thousand sleep at once, and what does it cost?
#pragma once
#include "run/card.hpp"
#include "run/program.hpp"
#include <algorithm>
#include <vector>

namespace weft::workload::sleep {

inline const card about{
    .name = "sleep",
    .question = "How late do sleepers wake, when a hundred thousand sleep at once, and what does it cost?",
    .held_fixed = "the same lengths, 1 to 1000 ms, for the same sleepers; each looks at the clock before and after its sleep; the CPU time "
                  "of making, sleeping and joining",
    .falsified_by = "a sleeper that wakes early",
    .sizes = {{"sleepers", 100'000, 20'000, 200}},
    .aims = {{"late p50", 0.09, 0.09}, {"late p99", 3, 3}},
};

/// How long the i-th sleeps.
constexpr std::uint64_t length_ms(std::uint64_t i) noexcept {
    return 1 + i * 7919 % 1000;
}

/// Reports from each one's lateness in ns.
inline void report(const program& p, std::vector<std::int64_t> late, double used_ns) {
    std::sort(late.begin(), late.end());
    p.require(late.front() >= 0, "a sleeper woke early");
    const auto at = [&](double part) { return static_cast<double>(late[static_cast<std::size_t>(part * static_cast<double>(late.size() - 1))]) / 1e6; };
    p.figure("late p50", "ms", at(0.50));
    p.figure("late p99", "ms", at(0.99));
    p.figure("late max", "ms", at(1));
    p.figure("CPU", "ms", used_ns / 1e6);
}

} // namespace weft::workload::sleep

// SPDX-License-Identifier: MIT
// Question: what does it cost to have one task made and to wait for it, again and again?
#pragma once
#include "run/card.hpp"

namespace weft::workload::spawn_one {

inline const card about{
    .name = "spawn_one",
    .question = "What does it cost to have one task made and to wait for it, again and again?",
    .held_fixed = "a task that returns a number that its maker chose; never more than one",
    .falsified_by = "a sum that is not that of all numbers",
    .sizes = {{"tasks", 500'000, 100'000, 1000}},
    .aims = {{"spawn and wait", 28, 60}},
};

constexpr std::uint64_t right_answer(std::uint64_t tasks) noexcept {
    return tasks * (tasks - 1) / 2;
}

} // namespace weft::workload::spawn_one

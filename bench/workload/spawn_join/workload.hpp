// SPDX-License-Identifier: MIT
// Question: what does an independent task cost, when a million are made before the first is joined?
#pragma once
#include "run/card.hpp"

namespace weft::workload::spawn_join {

inline const card about{
    .name = "spawn_join",
    .question = "What does an independent task cost, when a million are made before the first is joined?",
    .held_fixed = "tasks that add their own number to a sum of their own; one spawner, which joins all afterwards; a first time (cold) and "
                  "a second time in the same runtime (warm)",
    .falsified_by = "a sum that is not that of all numbers",
    .sizes = {{"tasks", 1'000'000, 100'000, 1000}},
    .aims = {{"warm", 40, 60}},
};

constexpr std::uint64_t right_answer(std::uint64_t tasks) noexcept {
    return tasks * (tasks - 1) / 2;
}

} // namespace weft::workload::spawn_join

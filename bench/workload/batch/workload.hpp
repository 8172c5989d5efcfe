// SPDX-License-Identifier: MIT
// Question: what does a task cost, when a hundred are made and waited for, again and again?
#pragma once
#include "run/card.hpp"

namespace weft::workload::batch {

inline const card about{
    .name = "batch",
    .question = "What does a task cost, when a hundred are made and waited for, again and again?",
    .held_fixed = "a hundred tasks at a time, each of which writes its number into a place of its own; made by one task with what the runtime "
                  "offers for groups",
    .falsified_by = "a sum that is not that of all numbers",
    .sizes = {{"batches", 10'000, 2000, 10}, {"tasks", 100, 100, 100}},
    .aims = {{"task", 17, 37}},
};

constexpr std::uint64_t right_answer(std::uint64_t batches, std::uint64_t tasks) noexcept {
    return batches * (tasks * (tasks - 1) / 2);
}

} // namespace weft::workload::batch

// SPDX-License-Identifier: MIT
// Question: what does a tree of a million tasks cost, ten children to each, whose leaves' numbers are added up on the way back?
#pragma once
#include "run/card.hpp"

namespace weft::workload::skynet {

inline const card about{
    .name = "skynet",
    .question = "What does a tree of a million tasks cost, ten children to each, whose leaves' numbers are added up on the way back?",
    .held_fixed = "ten children a task down to single leaves; once the children's sums come by join, once by a channel",
    .falsified_by = "a sum that is not that of all leaves",
    .sizes = {{"leaves", 1'000'000, 100'000, 1000}},
    .aims = {{"joins", 19, 9}},
};

constexpr std::uint64_t right_answer(std::uint64_t leaves) noexcept {
    return leaves * (leaves - 1) / 2;
}

} // namespace weft::workload::skynet

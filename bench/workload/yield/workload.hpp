// SPDX-License-Identifier: MIT
// Question: what does it cost to give the turn to another task that is ready?
#pragma once
#include "run/card.hpp"

namespace weft::workload::yield {

inline const card about{
    .name = "yield",
    .question = "What does it cost to give the turn to another task that is ready?",
    .held_fixed = "16 tasks that are ready all the time, each of which yields equally often; the elapsed time over all yields",
    .falsified_by = "a task that does not count all of its turns, or tasks whose turns did not alternate",
    .sizes = {{"tasks", 16, 16, 4}, {"yields", 200'000, 50'000, 200}},
    .aims = {{"yield", 8, 0}},
};

/// With one worker: tasks that take turns are never far apart. Each tells how many turns it has had; whoever ends first looks at the others.
inline bool took_turns(std::uint64_t least, std::uint64_t yields) {
    return least + 2 + yields / 100 >= yields;
}

} // namespace weft::workload::yield

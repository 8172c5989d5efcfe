// SPDX-License-Identifier: MIT
// Question: what does a runtime that has nothing to do use?
#pragma once
#include "run/card.hpp"

namespace weft::workload::idle {

inline const card about{
    .name = "idle",
    .question = "What does a runtime that has nothing to do use?",
    .held_fixed = "the runtime has run a task on each worker's behalf; then nobody asks it for anything; the CPU time of the whole process meanwhile",
    .falsified_by = "a task that did not run before",
    .sizes = {{"ms", 5000, 1000, 50}},
};

} // namespace weft::workload::idle

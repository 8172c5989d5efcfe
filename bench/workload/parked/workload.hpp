// SPDX-License-Identifier: MIT
// Question: what does a task cost that waits: how much memory, how long to make and let wait, how long to wake and join?
#pragma once
#include "run/card.hpp"

namespace weft::workload::parked {

inline const card about{
    .name = "parked",
    .question = "What does a task cost that waits: how much memory, how long to make and let wait, how long to wake and join?",
    .held_fixed = "a hundred thousand (few) or a million tasks (many) that all wait at once, on a semaphore or what the runtime has in its place; the "
                  "growth of resident memory while they wait",
    .falsified_by = "a task that did not wait, or did not go on",
    .sizes = {},
    .aims = {{"many: memory", 4400, 4400}, {"many: make", 2800, 2800}},
    .variants = {{"few", 100'000, 10'000, 500}, {"many", 1'000'000, 100'000, 1000}},
};

} // namespace weft::workload::parked

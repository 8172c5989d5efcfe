// SPDX-License-Identifier: MIT
// Question: what does a lock cost that several tasks want all the time?
#pragma once
#include "run/card.hpp"

namespace weft::workload::mutex {

inline const card about{
    .name = "mutex",
    .question = "What does a lock cost that several tasks want all the time?",
    .held_fixed = "4, then 8 tasks that lock, add one to a number, and unlock; the elapsed time over all locks",
    .falsified_by = "a number that is not the count of the locks",
    .sizes = {{"locks", 1'000'000, 200'000, 1000}},
    .aims = {{"4 tasks", 5.7, 9}},
};

} // namespace weft::workload::mutex

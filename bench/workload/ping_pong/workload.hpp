// SPDX-License-Identifier: MIT
// Question: what does a round trip between two tasks cost, each waiting for the other?
#pragma once
#include "run/card.hpp"

namespace weft::workload::ping_pong {

inline const card about{
    .name = "ping_pong",
    .question = "What does a round trip between two tasks cost, each waiting for the other?",
    .held_fixed = "two tasks; a number goes there and comes back greater by one; once by two semaphores, once by two channels of capacity 1",
    .falsified_by = "a number that is not the count of the round trips",
    .sizes = {{"rounds", 200'000, 50'000, 500}},
    .aims = {{"semaphore", 40, 100}},
};

} // namespace weft::workload::ping_pong

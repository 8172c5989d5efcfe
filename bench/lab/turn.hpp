// SPDX-License-Identifier: MIT
// One turn of a contender: warm up, then one timed operation.
#pragma once
#include "lab/contender.hpp"
#include <cstdint>
#include <vector>

namespace weft::lab {

/// By round, in nanoseconds: when the creating call had returned and when the child's first instruction ran,
/// both from before the creation; and how long it took from the child's last instruction until the join had
/// returned.
struct stage_samples {
    std::vector<double> call_returned, first_instruction, end_to_joined;
};

/// Repeats the operation untimed for 50 us, so that each contender is met with its own caches warm, then once
/// timed. With `stages` there follows one more, of which creator and child note the time; those readings are
/// no part of the timed one. Every answer is checked. Throws verification_failed.
double one_turn(contender& who, std::uint64_t& next_input, double clock_cost_ns,
                stage_samples* stages = nullptr);

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// The parts of the terminal report beside the tables of contenders.
#pragma once
#include "lab/result.hpp"
#include <string>

namespace weft::lab {

/// When the children begin; empty when the experiment did not ask.
std::string stages_text(const experiment_result& e);
std::string split_text(const split_result& split);
std::string sweep_text(const sweep_result& sweep);

} // namespace weft::lab

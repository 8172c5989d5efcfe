// SPDX-License-Identifier: MIT
// The report's plots. Each returns a whole <svg>. A contender keeps its colour and its stroke in all plots of
// a page: class k0, k1 ... by its place in the roster.
#pragma once
#include "lab/result.hpp"
#include <string>

namespace weft::lab {

/// A row for each contender: the median as a dot, the middle half as a bar, min to p99 as a line.
std::string range_plot(const experiment_result& e);

/// What part of the rounds was at least that fast.
std::string distribution_plot(const experiment_result& e);

/// Medians of stretches of rounds, in the order in which they ran.
std::string rounds_plot(const experiment_result& e);

/// Ratios to the baseline with their intervals, and the noise band. Empty without a baseline or company for
/// it.
std::string ratio_plot(const experiment_result& e);

/// The parts of one creation, end to end. Empty when there are none.
std::string split_plot(const split_result& split);

/// Creation to first instruction, and end to join, for each thread and task. Empty when the experiment did
/// not ask.
std::string stages_plot(const experiment_result& e);

/// A sweep. Empty when nothing could be measured.
std::string sweep_plot(const sweep_result& sweep);

} // namespace weft::lab

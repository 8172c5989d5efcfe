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

} // namespace weft::lab

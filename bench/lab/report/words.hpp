// SPDX-License-Identifier: MIT
// The sentences of the reports: what a plot shows, in words and with this run's figures.
#pragma once
#include "lab/result.hpp"
#include <string>

namespace weft::lab {

/// How far two measurements of the same thing were apart, and what follows. Says "too noisy" above the
/// threshold.
std::string noise_sentence(const experiment_result& e);

std::string noise_sentence(const std::optional<noise_figure>& noise);

std::string interference_sentence(const interference& around);

/// Under the plot of medians and ranges.
std::string range_paragraph(const experiment_result& e);
/// Under the plot of distributions.
std::string distribution_paragraph(const experiment_result& e);
/// Under the plot of rounds.
std::string rounds_paragraph(const experiment_result& e);
/// Under the plot of ratios.
std::string ratio_paragraph(const experiment_result& e);

/// Under the plot of when the child begins.
std::string stages_paragraph(const experiment_result& e);
/// Under the stacked bars.
std::string split_paragraph(const split_result& split);
/// Under a sweep's plot.
std::string sweep_paragraph(const sweep_result& sweep);
/// "12 rounds; noise ...": under a sweep or the split.
std::string rounds_sentence(std::size_t rounds, std::size_t planned, bool cut_short);

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// The laboratory: chooses the contenders, runs the experiments one after the other, and returns what they
// found.
#pragma once
#include "lab/progress.hpp"
#include "lab/result.hpp"
#include "lab/settings.hpp"
#include <string>
#include <vector>

namespace weft::lab {

struct listed_experiment {
    std::string name;
    std::string title;
    std::vector<contender_card> contenders;
};

/// What there is to measure.
std::vector<listed_experiment> everything();

/// Empty when each word of --only names an experiment or at least one contender (its name, its title, or a
/// part of its name); else a sentence.
std::string unknown_in(const std::vector<std::string>& only);

/// Throws verification_failed when a contender did not do its work, std::system_error when the kernel
/// refused.
lab_report run(const settings& asked, progress& shown);

} // namespace weft::lab

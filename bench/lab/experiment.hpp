// SPDX-License-Identifier: MIT
// The experiments. Each takes the contenders that were chosen and returns what it found.
#pragma once
#include "lab/contender.hpp"
#include "lab/progress.hpp"
#include "lab/result.hpp"
#include "lab/settings.hpp"
#include "lab/switcher.hpp"
#include <memory>
#include <vector>

namespace weft::lab {

using contenders = std::vector<std::unique_ptr<contender>>;
using switchers = std::vector<std::unique_ptr<switcher>>;

/// create + run + join, one at a time.
experiment_result measure_latency(const contenders& all, const settings& asked, double clock_cost_ns,
                                  progress& shown);

/// The same for every rung of the ladder, and when in it the child begins.
experiment_result measure_ladder(const contenders& all, const settings& asked, double clock_cost_ns,
                                 progress& shown);

/// Many created, then all joined.
experiment_result measure_throughput(const contenders& all, const settings& asked, double clock_cost_ns,
                                     progress& shown);

/// The right to run handed to and fro.
experiment_result measure_switch(const switchers& all, const settings& asked, progress& shown);

/// Has each contender do one piece of work and say who it was: a thread contender must use another kernel
/// thread, a task contender a task. Throws verification_failed.
void check_identity(contender& one);

} // namespace weft::lab

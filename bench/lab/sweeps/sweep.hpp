// SPDX-License-Identifier: MIT
// The sweeps: one operation at several values of one thing. Each is a file here and a line in roster.cpp.
#pragma once
#include "lab/progress.hpp"
#include "lab/settings.hpp"
#include "lab/sweep_result.hpp"
#include <vector>

namespace weft::lab {

struct sweep_entry {
    const char* name;  // "sweep_stack"
    const char* title; // one line for --list
    sweep_result (*measure)(const settings& asked, double clock_cost_ns, progress& shown);
};

/// In the order of the reports. A measure throws verification_failed and, when the kernel refuses what it
/// needs beyond what it can skip by name, std::system_error.
const std::vector<sweep_entry>& sweep_roster();

sweep_result sweep_stack(const settings& asked, double clock_cost_ns, progress& shown);
sweep_result sweep_guard(const settings& asked, double clock_cost_ns, progress& shown);
sweep_result sweep_live(const settings& asked, double clock_cost_ns, progress& shown);
sweep_result sweep_memory(const settings& asked, double clock_cost_ns, progress& shown);
sweep_result sweep_namespaces(const settings& asked, double clock_cost_ns, progress& shown);
sweep_result sweep_cpus(const settings& asked, double clock_cost_ns, progress& shown);
sweep_result sweep_joiner(const settings& asked, double clock_cost_ns, progress& shown);

} // namespace weft::lab

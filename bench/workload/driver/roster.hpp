// SPDX-License-Identifier: MIT
// The workloads that there are, and the contenders that were built.
#pragma once
#include "run/card.hpp"
#include <string>
#include <vector>

namespace weft::workload {

/// In the order of the reports.
const std::vector<const card*>& all_workloads();

/// Null when there is none of that name.
const card* find_workload(std::string_view name);

struct contender_entry {
    std::string name;    // as the files in a workload's folder: "boost_fiber"
    std::string title;   // for people: "Boost.Fiber 1.74.0"
    std::string program; // empty: was not built
    std::string missing; // the Debian package that would bring it, when it was not
};

/// Reads contenders.tsv. Throws std::runtime_error when it cannot be read or a line is not understood.
std::vector<contender_entry> read_contenders(const std::string& path);

/// Where this build has put it.
std::string contenders_file();

/// The command line of one run, after the program's name.
std::vector<std::string> arguments_of(const card& what, const size* variant, unsigned workers, scale how_big);

} // namespace weft::workload

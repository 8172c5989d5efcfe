// SPDX-License-Identifier: MIT
// A run of the workloads for people and programs.
#pragma once
#include "driver/run.hpp"
#include <string>

namespace weft::workload {

/// For a terminal.
std::string table_report(const bench_report& report);

/// All samples, the machine, what was left out and why.
std::string json_report(const bench_report& report);

/// One file with plots that needs nothing else: no script, no network.
std::string html_report(const bench_report& report);

/// The text that bench/README.md ends with, between its marks.
std::string markdown_report(const bench_report& report);

/// `document` with what stands between its two marks replaced. Throws std::runtime_error when it has no marks.
std::string with_last_run(const std::string& document, const bench_report& report);

/// "12.3 ns", "4.1 ms", "2737 bytes".
std::string figure_text(double value, const std::string& unit);

} // namespace weft::workload

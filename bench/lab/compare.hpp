// SPDX-License-Identifier: MIT
// Two reports held against each other: what became cheaper, what dearer, and what the two runs do not tell
// apart.
//
// For everything that both files hold samples of: the ratio of the medians, second to first, with a 95 %
// interval from a block bootstrap that draws each run apart (two runs share no rounds). A difference counts
// when the whole interval lies beyond the larger of the two runs' noise figures; a noise figure above the
// threshold is said with it.
#pragma once
#include "lab/bootstrap.hpp"
#include "lab/statistics.hpp"
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weft::lab {

/// A file that is no report of the laboratory's: a sentence that names it.
struct bad_report : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct reported {
    std::string name; // "latency/std_thread", "sweep_stack/pthread_create@8 MiB"
    std::string title;
    std::vector<double> samples;
    std::optional<double> noise; // of its experiment; empty: it was not measured
};

struct read_report {
    std::string started;
    std::vector<std::pair<std::string, std::string>> machine; // fingerprint
    std::vector<reported> figures;
};

/// Throws bad_report, naming the file: when the text is no JSON, another schema, or holds no samples or
/// impossible ones.
read_report read_lab_report(std::string_view text, const std::string& file);

/// Reads the file first. Throws bad_report also when it cannot be read.
read_report read_lab_file(const std::string& file);

enum class finding { cheaper, dearer, not_told_apart };

struct compared {
    std::string name;
    std::string title;
    summary first, second;
    interval ratio;              // second to first
    std::optional<double> noise; // the larger of the two
    finding what = finding::not_told_apart;
    bool too_few = false; // rounds, in one of the two, to tell anything
};

struct comparison {
    std::vector<compared> figures;
    std::vector<std::string> only_in_first, only_in_second; // names
    std::vector<std::string> cautions;
};

/// Throws bad_report when the two have nothing in common.
comparison compare(const read_report& first, const read_report& second, std::uint64_t seed = 1);

/// For a terminal.
std::string comparison_text(const comparison& c, const std::string& first_file,
                            const std::string& second_file);

} // namespace weft::lab

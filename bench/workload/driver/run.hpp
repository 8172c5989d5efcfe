// SPDX-License-Identifier: MIT
// Runs contenders in turns and gathers what they print. A contender that fails its check, its time limit or its figures is named, with why,
// and left out of the rounds that follow.
#pragma once
#include "driver/roster.hpp"
#include "lab/fingerprint.hpp"
#include "lab/progress.hpp"
#include "lab/statistics.hpp"
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft::workload {

struct figure {
    std::string name;
    std::string unit;
    double value = 0;
};

struct outcome {
    std::vector<figure> figures;
    std::vector<std::string> notes;
    std::string fault;    // empty: none
    std::string declined; // why the contender does not do this
};

/// What a contender printed. A line that is neither a figure nor a note, or a figure that is no number, is a fault.
outcome read_outcome(const std::string& printed);

/// Never throws for what the contender does.
outcome run_once(const contender_entry& who, const card& what, const size* variant, unsigned workers, scale how_big,
                 std::chrono::milliseconds limit);

/// The runs that a workload consists of: null for one that has no variants.
std::vector<const size*> variants_of(const card& what);

struct settings {
    std::vector<const card*> workloads; // empty: all
    std::vector<unsigned> workers = {1, 2};
    std::size_t rounds = 5;
    scale how_big = scale::full;
    std::chrono::milliseconds limit = std::chrono::seconds(60); // for one run of one contender
    std::uint64_t seed = 1;
};

/// One figure of one contender with so many workers, over the rounds.
struct measured {
    std::string contender; // its name
    std::string figure;
    std::string unit;
    unsigned workers = 1;
    std::vector<double> samples;
    lab::summary figures;
    std::optional<double> ratio; // of the medians, to weft's
    double aim = 0;              // weft only, at the full sizes only; 0: none
};

struct left_out {
    std::string contender; // its title
    std::string why;
    bool fault = false; // else: it does not do this, or was not built
};

struct workload_result {
    const card* what = nullptr;
    std::vector<measured> all; // by figure, then workers, then contender
    std::vector<left_out> outside;
    std::vector<std::string> notes; // "Boost.Fiber: ..."
};

struct bench_report {
    settings asked;
    std::vector<contender_entry> contenders;
    lab::fingerprint machine;
    std::string started;
    double seconds = 0;
    std::vector<workload_result> workloads;

    [[nodiscard]] const std::string& title_of(const std::string& contender) const noexcept;
};

/// Throws what std::bad_alloc and the like throw; a contender's fault is in the report.
bench_report run_all(const settings& asked, const std::vector<contender_entry>& contenders, lab::progress& shown);

} // namespace weft::workload

// SPDX-License-Identifier: MIT
// What a run found out: plain data that the reports read.
#pragma once
#include "lab/bootstrap.hpp"
#include "lab/card.hpp"
#include "lab/fingerprint.hpp"
#include "lab/interference.hpp"
#include "lab/noise.hpp"
#include "lab/settings.hpp"
#include "lab/split_result.hpp"
#include "lab/statistics.hpp"
#include "lab/sweep_result.hpp"
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace weft::lab {

/// When, within one operation, in nanoseconds (the ladder alone).
struct life_stages {
    summary call_returned;     // from before the creation until the creating call has returned
    summary first_instruction; // from before the creation until the child's first instruction
    summary end_to_joined;     // from the child's last instruction until join or wait has returned
};

/// One contender in one experiment. All times are nanoseconds of one unit: an operation, an item, a switch.
struct measured {
    contender_card card;
    std::vector<double> samples; // by round
    summary figures;
    std::optional<interval> ratio; // of the medians, to the baseline; below 1: cheaper
    double calls_per_switch = 0;   // switching only
    std::optional<life_stages> stages = {};
};

struct experiment_result {
    std::string name; // "latency"
    std::string title;
    std::string question;
    std::string unit; // "ns per operation"
    std::string held_fixed;
    std::string falsified_by;
    std::string unit_of_rate; // "items"; empty: rates make no sense
    std::string baseline;     // a contender's name; empty: it was not measured
    std::size_t rounds = 0;
    std::size_t planned_rounds = 0;
    bool cut_short = false;
    double seconds = 0;
    std::vector<measured> contenders;
    std::vector<skipped> skips;
    std::optional<noise_figure> noise;

    [[nodiscard]] const measured* find(const std::string& contender) const noexcept {
        for (const measured& m : contenders) {
            if (m.card.name == contender) {
                return &m;
            }
        }
        return nullptr;
    }
};

struct lab_report {
    settings asked;
    unsigned workers = 0;
    std::string started; // UTC, ISO 8601
    double seconds = 0;
    double clock_cost_ns = 0; // subtracted from each timed operation
    fingerprint machine;
    interference around;
    std::vector<experiment_result> experiments;
    std::optional<split_result> split = {};
    std::vector<sweep_result> sweeps = {};

    [[nodiscard]] bool too_noisy() const noexcept {
        const auto noisy = [](const auto& e) { return e.noise && e.noise->too_noisy(); };
        return std::any_of(experiments.begin(), experiments.end(), noisy) ||
               std::any_of(sweeps.begin(), sweeps.end(), noisy) || (split && noisy(*split));
    }
};

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// What the split of one creation found: plain data that the reports read.
#pragma once
#include "lab/bootstrap.hpp"
#include "lab/noise.hpp"
#include "lab/statistics.hpp"
#include <optional>
#include <string>
#include <vector>

namespace weft::lab {

struct split_share {
    std::string name;
    std::string title;
    std::string what;
    unsigned place = 0; // its colour
    std::vector<double> samples;
    summary figures;
};

/// One bar. In each round the parts add up to that round's whole; medians add up nearly.
struct split_row {
    std::string name;
    std::string title;
    std::string what;
    std::vector<split_share> parts;  // along the path that the joiner waits for
    std::vector<split_share> beside; // what the creator does meanwhile: in no sum
    std::vector<double> samples;     // the whole, by round
    summary whole;

    [[nodiscard]] double sum_of_medians() const noexcept {
        double sum = 0;
        for (const split_share& p : parts) {
            sum += p.figures.p50;
        }
        return sum;
    }
};

/// A replica held against the real thing in the same rounds.
struct split_comparison {
    std::string replica; // names of rows
    std::string real;
    interval ratio; // of the replica's whole to the real one's
};

struct split_result {
    std::string title;
    std::string question;
    std::string held_fixed;
    std::string differences; // between the replica and glibc
    std::string exit_told;   // how exit and wake were told apart
    std::string missing;     // why there is none; empty: there is
    std::size_t rounds = 0;
    std::size_t planned_rounds = 0;
    bool cut_short = false;
    double seconds = 0;
    double clock_cost_ns = 0;
    std::vector<split_row> rows;
    std::vector<split_comparison> comparisons;
    std::optional<noise_figure> noise;

    [[nodiscard]] const split_row* find(const std::string& name) const noexcept {
        for (const split_row& r : rows) {
            if (r.name == name) {
                return &r;
            }
        }
        return nullptr;
    }
};

} // namespace weft::lab

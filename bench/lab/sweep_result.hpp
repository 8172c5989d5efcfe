// SPDX-License-Identifier: MIT
// What a sweep found: the same operation at several values of one thing. Plain data that the reports read.
#pragma once
#include "lab/noise.hpp"
#include "lab/statistics.hpp"
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace weft::lab {

struct sweep_point {
    std::string label; // "64 KiB"
    double x = 0;      // its place on the axis; 0: categories have none
};

/// One series at one point.
struct sweep_figure {
    std::size_t series = 0;
    std::size_t point = 0;
    std::vector<double> samples; // by round
    summary figures;
};

struct sweep_result {
    std::string name; // "sweep_stack"
    std::string title;
    std::string question;
    std::string held_fixed;
    std::string unit; // "ns per operation"
    std::string axis; // "bytes of stack"; of categories: what they are
    bool numeric = false;
    std::vector<contender_card> series;
    std::vector<sweep_point> points;
    std::vector<sweep_figure> figures;
    std::vector<skipped> skips;     // series or points that could not be measured
    std::string stopped;            // where it stopped before its last point, and why; empty: it did not
    std::vector<std::string> notes; // what the reader must know beside the figures
    std::size_t rounds = 0;         // the fewest that a point had
    bool cut_short = false;
    double seconds = 0;
    std::optional<noise_figure> noise; // of the first series at the first point

    [[nodiscard]] const sweep_figure* find(std::size_t of_series, std::size_t at_point) const noexcept {
        for (const sweep_figure& f : figures) {
            if (f.series == of_series && f.point == at_point) {
                return &f;
            }
        }
        return nullptr;
    }
};

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// The two plots that have a row for each contender: ranges and ratios.
#include "lab/report/axis.hpp"
#include "lab/report/plots.hpp"
#include "lab/report/svg.hpp"
#include "lab/report/units.hpp"
#include <algorithm>

namespace weft::lab {

namespace {

constexpr double width = 880;
constexpr double labels_end = 212;
constexpr double plot_begin = 228;
constexpr double plot_end = 640;
constexpr double first_column = 732; // the columns' right edges
constexpr double second_column = 872;
constexpr double head = 30;
constexpr double row_height = 32;
constexpr double foot = 46;

std::string time_of(double ns) {
    return as_time(ns, micro::letter);
}

std::string colour(const measured& m) {
    return "k" + std::to_string(m.card.place % 7);
}

/// Grid, ticks and the axis' name.
template <class Label>
void draw_axis(svg& out, const log_axis& axis, double bottom, const std::string& name, Label label) {
    for (const double tick : axis.ticks(8)) {
        const double x = axis.place(tick);
        out.line({x, head - 4}, {x, bottom}, "grid");
        out.text({x, bottom + 16}, label(tick), "tick", anchor::middle);
    }
    out.line({plot_begin, bottom}, {plot_end, bottom}, "axis");
    out.text({(plot_begin + plot_end) / 2, bottom + 36}, name, "axis-name", anchor::middle);
}

} // namespace

std::string range_plot(const experiment_result& e) {
    double low = 0;
    double high = 0;
    for (const measured& m : e.contenders) {
        low = low > 0 ? std::min(low, m.figures.min) : m.figures.min;
        high = std::max(high, m.figures.p99);
    }
    const double bottom = head + row_height * static_cast<double>(e.contenders.size());
    svg out(width, bottom + foot, e.title + ": medians and ranges",
            "For each contender the median, the middle half, and the range from the fastest to the 99th "
            "percentile.");
    const log_axis axis(low, high, plot_begin, plot_end);
    draw_axis(out, axis, bottom, "time " + e.unit.substr(3) + " (logarithmic)", as_tick_time);
    out.text({first_column, head - 12}, "median", "column", anchor::end);
    out.text({second_column, head - 12}, e.unit_of_rate.empty() ? "p99" : e.unit_of_rate + " per second",
             "column", anchor::end);
    for (std::size_t i = 0; i < e.contenders.size(); ++i) {
        const measured& m = e.contenders[i];
        const summary& s = m.figures;
        const double y = head + row_height * (static_cast<double>(i) + 0.5);
        out.begin_group(m.card.title + ": min " + time_of(s.min) + ", p25 " + time_of(s.p25) + ", median " +
                        time_of(s.p50) + ", p75 " + time_of(s.p75) + ", p90 " + time_of(s.p90) + ", p99 " +
                        time_of(s.p99) + ", max " + time_of(s.max));
        out.text({labels_end, y + 4}, m.card.title, "label", anchor::end);
        out.line({axis.place(s.min), y}, {axis.place(s.p99), y}, "whisker " + colour(m));
        const double left = axis.place(s.p25);
        out.rectangle({left, y - 6}, std::max(axis.place(s.p75) - left, 2.0), 12, "half " + colour(m), 2);
        out.circle({axis.place(s.p50), y}, 5, "median " + colour(m));
        out.text({first_column, y + 4}, time_of(s.p50), "figure", anchor::end);
        out.text({second_column, y + 4}, e.unit_of_rate.empty() ? time_of(s.p99) : as_rate(s.p50), "figure",
                 anchor::end);
        out.end_group();
    }
    return out.take();
}

std::string ratio_plot(const experiment_result& e) {
    const measured* base = e.find(e.baseline);
    if (!base || e.contenders.size() < 2) {
        return {};
    }
    double low = 1;
    double high = 1;
    for (const measured& m : e.contenders) {
        low = std::min(low, m.ratio->low);
        high = std::max(high, m.ratio->high);
    }
    const double bottom = head + row_height * static_cast<double>(e.contenders.size());
    svg out(width, bottom + foot, e.title + ": ratios to " + base->card.title,
            "For each contender the ratio of its median to the baseline's, with its 95 percent interval.");
    const log_axis axis(low, std::max(high, 1.5), plot_begin, plot_end);
    if (e.noise) {
        const double from = axis.place(1 - std::min(e.noise->figure, 0.99));
        out.rectangle({from, head - 4}, std::max(axis.place(1 + e.noise->figure) - from, 1.0),
                      bottom - head + 4, "noise");
    }
    draw_axis(out, axis, bottom,
              "median, in medians of " + base->card.title + " (logarithmic; to the left is cheaper)",
              as_tick);
    out.line({axis.place(1), head - 4}, {axis.place(1), bottom}, "one");
    out.text({first_column, head - 12}, "ratio", "column", anchor::end);
    out.text({second_column, head - 12}, "95 % interval", "column", anchor::end);
    for (std::size_t i = 0; i < e.contenders.size(); ++i) {
        const measured& m = e.contenders[i];
        const double y = head + row_height * (static_cast<double>(i) + 0.5);
        const std::string range = as_times(m.ratio->low) + " \u2013 " + as_times(m.ratio->high);
        out.begin_group(m.card.title + ": " + as_ratio(m.ratio->estimate) + ", " + range);
        out.text({labels_end, y + 4}, m.card.title, "label", anchor::end);
        out.line({axis.place(m.ratio->low), y}, {axis.place(m.ratio->high), y}, "interval " + colour(m));
        out.circle({axis.place(m.ratio->estimate), y}, 5, "median " + colour(m));
        out.text({first_column, y + 4}, as_times(m.ratio->estimate), "figure", anchor::end);
        out.text({second_column, y + 4}, &m == base ? "the baseline" : range, "figure", anchor::end);
        out.end_group();
    }
    return out.take();
}

} // namespace weft::lab

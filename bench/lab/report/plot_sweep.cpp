// SPDX-License-Identifier: MIT
// A sweep: curves over a numeric axis, or a row for each category and series.
#include "lab/report/axis.hpp"
#include "lab/report/plots.hpp"
#include "lab/report/svg.hpp"
#include "lab/report/units.hpp"
#include <algorithm>

namespace weft::lab {

namespace {

constexpr double width = 880;
constexpr double height = 340;
constexpr double left = 62;
constexpr double right = 616;
constexpr double top = 16;
constexpr double bottom = 286;
constexpr double legend = 640;

std::string time_of(double ns) {
    return as_time(ns, micro::letter);
}

std::string curves(const sweep_result& sweep) {
    double low = 0, high = 0, first = 0, last = 0;
    for (const sweep_figure& f : sweep.figures) {
        const double x = sweep.points[f.point].x;
        low = low > 0 ? std::min(low, f.figures.p25) : f.figures.p25;
        high = std::max(high, f.figures.p90);
        first = first > 0 ? std::min(first, x) : x;
        last = std::max(last, x);
    }
    svg out(width, height, sweep.title, "Medians with their middle halves over " + sweep.axis + ".");
    const log_axis x(first, std::max(last, first * 1.01), left, right);
    const log_axis y(low, high, bottom, top);
    for (const double tick : y.ticks(8)) {
        out.line({left, y.place(tick)}, {right, y.place(tick)}, "grid");
        out.text({left - 8, y.place(tick) + 4}, as_tick_time(tick), "tick", anchor::end);
    }
    out.line({left, bottom}, {right, bottom}, "axis");
    for (const sweep_point& p : sweep.points) {
        if (p.x >= first && p.x <= last) {
            out.text({x.place(p.x), bottom + 17}, p.label, "tick", anchor::middle);
        }
    }
    out.text({(left + right) / 2, bottom + 40},
             sweep.axis + "; upwards: time " + sweep.unit.substr(3) + " (both logarithmic)", "axis-name",
             anchor::middle);
    double legend_y = top - 8;
    for (std::size_t s = 0; s < sweep.series.size(); ++s) {
        const std::string colour = "k" + std::to_string(s % 7);
        std::vector<svg::point> points;
        for (std::size_t p = 0; p < sweep.points.size(); ++p) {
            if (const sweep_figure* f = sweep.find(s, p)) {
                const double at = x.place(sweep.points[p].x);
                points.emplace_back(at, y.place(f->figures.p50));
                out.begin_group(sweep.series[s].title + " at " + sweep.points[p].label + ": median " +
                                time_of(f->figures.p50) + ", middle half " + time_of(f->figures.p25) +
                                " to " + time_of(f->figures.p75));
                out.line({at, y.place(f->figures.p25)}, {at, y.place(f->figures.p75)}, "interval " + colour);
                out.circle({at, y.place(f->figures.p50)}, 4, "median " + colour);
                out.end_group();
            }
        }
        if (!points.empty()) {
            out.polyline(points, "curve " + colour);
            legend_y += 25;
            out.line({legend, legend_y - 4}, {legend + 20, legend_y - 4}, "curve " + colour);
            out.text({legend + 28, legend_y}, sweep.series[s].title, "legend");
        }
    }
    return out.take();
}

} // namespace

std::string sweep_plot(const sweep_result& sweep) {
    if (sweep.figures.empty()) {
        return {};
    }
    if (sweep.numeric) {
        return curves(sweep);
    }
    experiment_result rows; // drawn as a contest of the categories
    rows.title = sweep.title;
    rows.unit = sweep.unit;
    for (const sweep_figure& f : sweep.figures) {
        measured m;
        m.card = sweep.series[f.series];
        m.card.title =
            sweep.points[f.point].label + (sweep.series.size() > 1 ? ": " + m.card.title : std::string());
        m.card.place = static_cast<unsigned>(f.series);
        m.figures = f.figures;
        rows.contenders.push_back(std::move(m));
    }
    return range_plot(rows);
}

} // namespace weft::lab

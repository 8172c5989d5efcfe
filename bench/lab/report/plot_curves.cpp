// SPDX-License-Identifier: MIT
// The two plots that have a curve for each contender: distributions and rounds.
#include "lab/report/axis.hpp"
#include "lab/report/plots.hpp"
#include "lab/report/svg.hpp"
#include "lab/report/units.hpp"
#include <algorithm>
#include <cstdio>

namespace weft::lab {

namespace {

constexpr double width = 880;
constexpr double height = 372;
constexpr double left = 62;
constexpr double right = 616;
constexpr double top = 16;
constexpr double bottom = 318;
constexpr double legend = 640;
/// Closer when there are many.
double legend_row(const experiment_result& e) {
    return std::min(25.0, (bottom - top + 24) / static_cast<double>(e.contenders.size() + 1));
}

std::string time_of(double ns) {
    return as_time(ns, micro::letter);
}

std::string colour(const measured& m) {
    return "k" + std::to_string(m.card.place % 7);
}

/// Beside the plot, the slowest on top, as the curves lie.
void draw_legend(svg& out, const experiment_result& e, bool with_noise) {
    std::vector<std::size_t> order(e.contenders.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return e.contenders[a].figures.p50 > e.contenders[b].figures.p50;
    });
    double y = top - 8;
    for (const std::size_t i : order) {
        y += legend_row(e);
        const measured& m = e.contenders[i];
        out.line({legend, y - 4}, {legend + 20, y - 4}, "curve " + colour(m));
        out.text({legend + 28, y}, m.card.title, "legend");
    }
    if (with_noise && e.noise) {
        y += legend_row(e);
        out.line({legend, y - 4}, {legend + 20, y - 4}, "curve again");
        out.text({legend + 28, y}, "the first, measured again", "legend");
    }
}

/// The distribution's curve: its quantiles, as steps too small to be seen.
std::vector<svg::point> curve_of(const std::vector<double>& samples, const log_axis& x) {
    const std::vector<double> sorted = sorted_copy(samples);
    constexpr int steps = 160;
    std::vector<svg::point> points;
    points.emplace_back(x.place(sorted.front()), bottom);
    for (int i = 0; i <= steps; ++i) {
        const double p = static_cast<double>(i) / steps;
        const double value = quantile_of_sorted(sorted, p);
        if (value > x.high()) {
            break;
        }
        points.emplace_back(x.place(value), bottom - p * (bottom - top));
    }
    return points;
}

} // namespace

std::string distribution_plot(const experiment_result& e) {
    double low = 0;
    double high = 0;
    for (const measured& m : e.contenders) {
        const std::vector<double> sorted = sorted_copy(m.samples);
        low = low > 0 ? std::min(low, sorted.front()) : sorted.front();
        high = std::max(high, quantile_of_sorted(sorted, 0.995));
    }
    svg out(width, height, e.title + ": distributions",
            "For each contender the part of its rounds that took at most a given time.");
    const log_axis x(low, high, left, right, 0.02);
    for (const double tick : x.ticks(9)) {
        const double at = x.place(tick);
        out.line({at, top}, {at, bottom}, "grid");
        out.text({at, bottom + 17}, as_tick_time(tick), "tick", anchor::middle);
    }
    for (int percent = 0; percent <= 100; percent += 25) {
        const double y = bottom - (bottom - top) * percent / 100;
        out.line({left, y}, {right, y}, percent == 0 ? "axis" : "grid");
        out.text({left - 8, y + 4}, std::to_string(percent) + " %", "tick", anchor::end);
    }
    out.text({(left + right) / 2, bottom + 40}, "time " + e.unit.substr(3) + " (logarithmic)", "axis-name",
             anchor::middle);
    for (std::size_t i = 0; i < e.contenders.size(); ++i) {
        const measured& m = e.contenders[i];
        out.begin_group(m.card.title + ": median " + time_of(m.figures.p50) + ", p99 " +
                        time_of(m.figures.p99));
        out.polyline(curve_of(m.samples, x), "curve " + colour(m));
        out.end_group();
    }
    if (e.noise) {
        out.begin_group(e.noise->card.title + ", measured again: median " + time_of(e.noise->figures.p50));
        out.polyline(curve_of(e.noise->samples, x), "curve again");
        out.end_group();
    }
    draw_legend(out, e, true);
    return out.take();
}

std::string rounds_plot(const experiment_result& e) {
    if (e.rounds < 2) {
        return {};
    }
    // At least five rounds in a stretch, so that one slow round does not make a peak; few rounds are shown
    // one by one.
    const std::size_t stretches = e.rounds < 20 ? e.rounds : std::min<std::size_t>(e.rounds / 5, 80);
    std::vector<std::vector<double>> medians(e.contenders.size());
    double low = 0;
    double high = 0;
    for (std::size_t i = 0; i < e.contenders.size(); ++i) {
        const std::vector<double>& all = e.contenders[i].samples;
        for (std::size_t s = 0; s < stretches; ++s) {
            const auto begin = all.begin() + static_cast<std::ptrdiff_t>(s * all.size() / stretches);
            const auto end = all.begin() + static_cast<std::ptrdiff_t>((s + 1) * all.size() / stretches);
            std::vector<double> part(begin, end);
            medians[i].push_back(median_in_place(part));
            low = low > 0 ? std::min(low, medians[i].back()) : medians[i].back();
            high = std::max(high, medians[i].back());
        }
    }
    svg out(width, height, e.title + ": round by round",
            "For each contender the medians of stretches of rounds, in the order in which they ran.");
    const log_axis y(low, high, bottom, top);
    for (const double tick : y.ticks(9)) {
        out.line({left, y.place(tick)}, {right, y.place(tick)}, "grid");
        out.text({left - 8, y.place(tick) + 4}, as_tick_time(tick), "tick", anchor::end);
    }
    out.line({left, bottom}, {right, bottom}, "axis");
    const auto x_of = [&](double round) {
        return left + (right - left) * round / static_cast<double>(e.rounds);
    };
    for (int quarter = 0; quarter <= 4; ++quarter) {
        const std::size_t round = e.rounds * static_cast<std::size_t>(quarter) / 4;
        out.text({x_of(static_cast<double>(round)), bottom + 17}, std::to_string(round), "tick",
                 anchor::middle);
    }
    out.text({(left + right) / 2, bottom + 40}, "round; upwards: time " + e.unit.substr(3) + " (logarithmic)",
             "axis-name", anchor::middle);
    for (std::size_t i = 0; i < e.contenders.size(); ++i) {
        std::vector<svg::point> points;
        for (std::size_t s = 0; s < stretches; ++s) {
            const double middle = (static_cast<double>(s) + 0.5) * static_cast<double>(e.rounds) /
                                  static_cast<double>(stretches);
            points.emplace_back(x_of(middle), y.place(medians[i][s]));
        }
        const measured& m = e.contenders[i];
        out.begin_group(m.card.title + ": median " + time_of(m.figures.p50));
        out.polyline(points, "curve " + colour(m));
        out.end_group();
    }
    draw_legend(out, e, false);
    return out.take();
}

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// Bars whose parts lie end to end: the split of one creation, and the stages of each rung.
#include "lab/report/plots.hpp"
#include "lab/report/svg.hpp"
#include "lab/report/units.hpp"
#include <algorithm>
#include <cmath>
#include <map>

namespace weft::lab {

namespace {

constexpr double width = 880;
constexpr double labels_end = 212;
constexpr double plot_begin = 228;
constexpr double plot_end = 770;
constexpr double column = 872;
constexpr double head = 12;
constexpr double row_height = 34;
constexpr double foot = 48;
constexpr double legend_row = 22;

std::string time_of(double ns) {
    return as_time(ns, micro::letter);
}

struct segment {
    double size = 0;
    std::string title;
    std::string tooltip;
    unsigned place = 0;
};
struct stacked_row {
    std::string title;
    double whole = 0; // the median of the whole; 0: the sum
    std::vector<segment> segments;
};

/// A round step that gives at most eight ticks.
double step_for(double most) {
    double step = std::pow(10, std::floor(std::log10(std::max(most, 1e-9))));
    for (const double part : {0.1, 0.2, 0.25, 0.5, 1.0, 2.0}) {
        if (most / (step * part) <= 8) {
            return step * part;
        }
    }
    return step * 5;
}

std::string draw(const std::string& title, const std::string& description, const std::string& axis_name,
                 const std::vector<stacked_row>& rows) {
    double most = 0;
    std::map<unsigned, std::string> legend;
    for (const stacked_row& r : rows) {
        double sum = 0;
        for (const segment& s : r.segments) {
            sum += s.size;
            legend.emplace(s.place, s.title);
        }
        most = std::max({most, sum, r.whole});
    }
    if (!(most > 0)) {
        return {};
    }
    const double bottom = head + row_height * static_cast<double>(rows.size());
    const double legend_lines = std::ceil(static_cast<double>(legend.size()) / 4);
    svg out(width, bottom + foot + legend_lines * legend_row, title, description);
    const auto x_of = [&](double ns) { return plot_begin + (plot_end - plot_begin) * ns / most; };
    const double step = step_for(most);
    for (int i = 0; i * step <= most; ++i) {
        const double x = x_of(i * step);
        out.line({x, head}, {x, bottom}, "grid");
        out.text({x, bottom + 16}, as_tick_time(i * step), "tick", anchor::middle);
    }
    out.line({plot_begin, bottom}, {plot_end, bottom}, "axis");
    out.text({(plot_begin + plot_end) / 2, bottom + 36}, axis_name, "axis-name", anchor::middle);
    double y = head;
    for (const stacked_row& r : rows) {
        out.text({labels_end, y + row_height / 2 + 4}, r.title, "label", anchor::end);
        double at = 0;
        for (const segment& s : r.segments) {
            if (s.size > 0) {
                out.begin_group(s.tooltip);
                out.rectangle({x_of(at), y + 6}, x_of(at + s.size) - x_of(at), row_height - 12,
                              "part p" + std::to_string(s.place));
                out.end_group();
                at += s.size;
            }
        }
        out.text({column, y + row_height / 2 + 4}, time_of(r.whole > 0 ? r.whole : at), "figure",
                 anchor::end);
        y += row_height;
    }
    int i = 0;
    for (const auto& [place, name] : legend) {
        const double x = 20 + 215 * (i % 4);
        const double line_y = bottom + foot + legend_row * (i / 4);
        out.rectangle({x, line_y}, 12, 12, "part p" + std::to_string(place), 2);
        out.text({x + 18, line_y + 10}, name, "legend");
        ++i;
    }
    return out.take();
}

std::string tooltip(const std::string& of, const std::string& title, const summary& s) {
    return of + ", " + title + ": median " + time_of(s.p50) + ", middle half " + time_of(s.p25) + " to " +
           time_of(s.p75) + ", p99 " + time_of(s.p99);
}

} // namespace

std::string split_plot(const split_result& split) {
    std::vector<stacked_row> rows;
    for (const split_row& r : split.rows) {
        stacked_row row{r.title, r.whole.p50, {}};
        for (const split_share& p : r.parts) {
            row.segments.push_back({p.figures.p50, p.title, tooltip(r.title, p.title, p.figures), p.place});
        }
        rows.push_back(std::move(row));
    }
    return draw(split.title, "For each kind of thread the medians of the parts of its creation, end to end.",
                "time (medians of the parts, end to end); at the right the median of the whole", rows);
}

std::string stages_plot(const experiment_result& e) {
    std::vector<stacked_row> rows;
    for (const measured& m : e.contenders) {
        if (!m.stages || m.card.kind == contender_kind::process) {
            continue; // processes would leave no room for the others
        }
        const summary& first = m.stages->first_instruction;
        const summary& joined = m.stages->end_to_joined;
        rows.push_back({m.card.title,
                        0,
                        {{first.p50, "creation to first instruction",
                          tooltip(m.card.title, "to the first instruction", first), 2},
                         {joined.p50, "last instruction to joined",
                          tooltip(m.card.title, "from the last instruction", joined), 11}}});
    }
    return draw(e.title + ": when the child begins",
                "For each kind of thread and task, creation to first instruction, and end to join.",
                "time (medians); processes are in the table", rows);
}

} // namespace weft::lab

// SPDX-License-Identifier: MIT
#include "lab/report/table.hpp"
#include "lab/report/columns.hpp"
#include "lab/report/more_tables.hpp"
#include "lab/report/spread.hpp"
#include "lab/report/units.hpp"
#include "lab/report/words.hpp"
#include <algorithm>
#include <cmath>

namespace weft::lab {

namespace {

/// "0.79x +-2.1%": the estimate and how far the interval reaches from it, in parts of it.
std::string with_reach(const interval& ratio) {
    std::string text = " " + to_the_right(as_ratio(ratio.estimate), 7);
    const double reach = std::max(ratio.high - ratio.estimate, ratio.estimate - ratio.low);
    if (reach > 0 && ratio.estimate > 0) {
        std::string percent = as_percent(reach / ratio.estimate);
        percent.erase(std::remove(percent.begin(), percent.end(), ' '), percent.end());
        text += " +-" + percent;
    }
    return text;
}

/// A 99th percentile of few rounds is just the worst one: shown only where there are many.
bool shows_p99(const experiment_result& e) {
    return e.unit_of_rate.empty();
}

std::string row(const experiment_result& e, const std::string& title, const summary& s,
                const std::string& ratio) {
    std::string line = "  " + to_the_left(title, title_width);
    for (const double value : {s.min, s.p50, s.p90}) {
        line += to_the_right(as_time(value), 8);
    }
    line += to_the_right(shows_p99(e) ? as_time(s.p99) : as_rate(s.p50), 8);
    line += to_the_right(as_spread(s), 7);
    return line + ratio + "\n";
}

std::string heading(const experiment_result& e) {
    std::string line = "  " + to_the_left("", title_width);
    for (const char* column : {"min", "p50", "p90", shows_p99(e) ? "p99" : "per s"}) {
        line += to_the_right(column, 8);
    }
    return line + to_the_right("spread", 8) + (e.baseline.empty() ? "" : "  ratio") + "\n";
}

std::string experiment_text(const experiment_result& e) {
    std::string text = e.title + " (" + e.unit + ", " + rounds_sentence(e.rounds, e.planned_rounds, e.cut_short) + ")\n";
    if (!e.contenders.empty()) {
        text += heading(e);
    }
    for (const measured& m : e.contenders) {
        text += row(e, m.card.title, m.figures, m.ratio ? with_reach(*m.ratio) : "");
    }
    if (e.noise) {
        text += row(e, "  the first once more", e.noise->figures, with_reach(e.noise->ratio));
    }
    for (const skipped& s : e.skips) {
        text += "  " + to_the_left(s.card.title, title_width) + " not measured: " + s.why + "\n";
    }
    for (const measured& m : e.contenders) {
        if (m.calls_per_switch > 1.05) {
            text += "  " + m.card.title + ": " + three_digits(m.calls_per_switch) + " calls for one switch\n";
        }
    }
    if (e.noise) {
        text += wrapped(noise_sentence(e));
    }
    return text + stages_text(e) + "\n";
}

} // namespace

std::string table_report(const lab_report& report) {
    std::string text = "Environment\n";
    for (const fact& f : report.machine.facts) {
        text += environment_fact(f) ? "  " + to_the_left(f.title, 26) + f.value + "\n" : "";
    }
    for (const std::string& caution : report.machine.cautions) {
        text += wrapped("Caution: " + caution);
    }
    text += "\n";
    for (const experiment_result& e : report.experiments) {
        text += experiment_text(e);
    }
    if (report.split) {
        text += split_text(*report.split);
    }
    for (const sweep_result& sweep : report.sweeps) {
        text += sweep_text(sweep);
    }
    text += "spread: width of the middle half, in medians (?: one round has none). ratio: of the medians, to\n"
            "the first row, and how far its 95 % interval reaches. Every answer was checked. The cost of reading the\n"
            "clock, " +
            as_time(report.clock_cost_ns) + ", is subtracted.\n\n";
    for (const fact& f : report.machine.facts) {
        text += environment_fact(f) ? "" : "  " + to_the_left(f.title, 26) + f.value + "\n";
    }
    text += "  " + to_the_left("During the run", 26) + interference_sentence(report.around) + "\n";
    text += "  " + to_the_left("Seed", 26) + std::to_string(report.asked.seed) + "\n";
    return text;
}

} // namespace weft::lab

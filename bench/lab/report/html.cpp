// SPDX-License-Identifier: MIT
#include "lab/report/html.hpp"
#include "lab/report/plots.hpp"
#include "lab/report/svg.hpp"
#include "lab/report/spread.hpp"
#include "lab/report/units.hpp"
#include "lab/report/words.hpp"
#include <algorithm>

namespace weft::lab {

namespace {

std::string time_of(double ns) {
    return as_time(ns, micro::letter);
}

/// Prose: figures keep their unit when a line ends.
std::string prose(const std::string& sentences) {
    std::string text = escaped(sentences);
    for (const char* unit : {"%", "ns", "\u00b5s", "ms", "s", "times"}) {
        const std::string broken = std::string(" ") + unit;
        for (std::size_t at = text.find(broken); at != std::string::npos; at = text.find(broken, at + 1)) {
            if (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9') {
                text.replace(at, 1, "\u00a0");
            }
        }
    }
    return text;
}

std::string element(const std::string& tag, const std::string& content) {
    return "<" + tag + ">" + escaped(content) + "</" + tag.substr(0, tag.find(' ')) + ">";
}

std::string figure(const std::string& title, const std::string& drawing, const std::string& paragraph) {
    if (drawing.empty()) {
        return {};
    }
    return element("h3", title) + "\n<figure>\n<div class=\"drawing\">\n" + drawing + "</div>\n" +
           "<figcaption>" + prose(paragraph) + "</figcaption>" + "\n</figure>\n";
}

std::string tile(const std::string& figure_text, const std::string& words) {
    return "<li>" + element("b", figure_text) + element("span", words) + "</li>\n";
}

/// The four figures that most readers came for, and the noise.
std::string tiles(const lab_report& report) {
    std::string text = "<ul class=\"tiles\">\n";
    for (const experiment_result& e : report.experiments) {
        if (e.name != "latency") {
            continue;
        }
        for (const char* name :
             {"std_thread", "kernel_thread_cached", "spawn_from_thread", "spawn_from_task"}) {
            if (const measured* m = e.find(name)) {
                text += tile(time_of(m->figures.p50), m->card.title + ": create, run, join");
            }
        }
    }
    for (const experiment_result& e : report.experiments) {
        if (const measured* m = e.find("task_yield")) {
            text += tile(time_of(m->figures.p50), m->card.title + ": one switch");
        }
    }
    return text + "</ul>\n";
}

std::string verdict(const lab_report& report) {
    std::string text =
        "<p class=\"verdict " + std::string(report.too_noisy() ? "bad" : "good") + "\">" +
        (report.too_noisy() ? "This run was too noisy, or had too few rounds, in: "
                            : "The noise stayed below the limit");
    std::string list;
    const auto tell = [&](const std::string& name, const std::optional<noise_figure>& noise) {
        if (noise && (noise->too_noisy() || !report.too_noisy())) {
            list += (list.empty() ? "" : ", ") + escaped(name) + " " +
                    (noise->too_few() ? "(" + rounds_sentence(noise->figures.count, 0, false) + ")"
                                      : as_percent(noise->figure));
        }
    };
    for (const experiment_result& e : report.experiments) {
        tell(e.name, e.noise);
    }
    if (report.split) {
        tell("split", report.split->noise);
    }
    for (const sweep_result& sweep : report.sweeps) {
        tell(sweep.name, sweep.noise);
    }
    text += report.too_noisy() ? list + ". The limit is "
            : list.empty()     ? " (limit "
                               : ": " + list + " (limit ";
    text += as_percent(noise_threshold) + std::string(report.too_noisy() ? "." : ").") + "</p>\n";
    for (const std::string& caution : report.machine.cautions) {
        text += "<p class=\"caution\">" + escaped(caution) + "</p>\n";
    }
    text += element("h3", "Environment") + "\n<div class=\"scroll\"><table class=\"facts\">\n";
    for (const fact& f : report.machine.facts) {
        text +=
            environment_fact(f) ? "<tr>" + element("th", f.title) + element("td", f.value) + "</tr>\n" : "";
    }
    return text + "</table></div>\n";
}

std::string row(const std::string& title, const summary& s, const interval* ratio, bool with_rate) {
    std::string text = "<tr>" + element("td", title);
    for (const double value : {s.min, s.p50, s.p90, s.p99, s.max}) {
        text += element("td", time_of(value));
    }
    text += element("td", as_spread(s));
    if (with_rate) {
        text += element("td", as_rate(s.p50));
    }
    text += element("td", ratio ? as_ratio(ratio->estimate) : "");
    text += element("td", ratio ? as_times(ratio->low) + " \u2013 " + as_times(ratio->high) : "");
    return text + "</tr>\n";
}

std::string table(const experiment_result& e) {
    const bool with_rate = !e.unit_of_rate.empty();
    std::string text = "<div class=\"scroll\"><table>\n<tr>";
    for (const char* head : {"contender", "min", "p50", "p90", "p99", "max", "spread"}) {
        text += element("th", head);
    }
    if (with_rate) {
        text += element("th", "per second");
    }
    text += element("th", "ratio") + element("th", "95 % interval") + "</tr>\n";
    for (const measured& m : e.contenders) {
        text += row(m.card.title, m.figures, m.ratio ? &*m.ratio : nullptr, with_rate);
    }
    if (e.noise) {
        text += row(e.noise->card.title + ", again", e.noise->figures, &e.noise->ratio, with_rate);
    }
    for (const skipped& s : e.skips) {
        text += "<tr>" + element("td", s.card.title) + "<td class=\"wide\" colspan=\"" +
                std::string(with_rate ? "9" : "8") + "\">" + escaped("not measured: " + s.why) +
                "</td></tr>\n";
    }
    return text + "</table></div>\n";
}

std::string figures_row(const std::string& title, const summary& s) {
    std::string text = "<tr>" + element("td", title);
    for (const double value : {s.min, s.p50, s.p90, s.p99}) {
        text += element("td", time_of(value));
    }
    return text + element("td", as_spread(s)) + "</tr>\n";
}

std::string figures_head(const std::string& first) {
    std::string text = "<div class=\"scroll\"><table>\n<tr>" + element("th", first);
    for (const char* head : {"min", "p50", "p90", "p99", "spread"}) {
        text += element("th", head);
    }
    return text + "</tr>\n";
}

std::string stages_table(const experiment_result& e) {
    std::string rows;
    for (const measured& m : e.contenders) {
        if (m.stages) {
            rows += figures_row(m.card.title + ", call returned", m.stages->call_returned) +
                    figures_row(m.card.title + ", first instruction", m.stages->first_instruction) +
                    figures_row(m.card.title + ", end to joined", m.stages->end_to_joined);
        }
    }
    return rows.empty() ? rows : figures_head("stage") + rows + "</table></div>\n";
}

std::string section(const split_result& split) {
    std::string text = "<section id=\"split\">\n" + element("h2", split.title) + "\n<p class=\"question\">" +
                       escaped(split.question) + "</p>\n";
    if (!split.missing.empty()) {
        return text + "<p>" + escaped("Not measured: " + split.missing + ".") + "</p>\n</section>\n";
    }
    text += figure("Parts", split_plot(split), split_paragraph(split) + " " + split.differences + ".");
    text += element("h3", "Figures") + "\n";
    for (const split_row& row : split.rows) {
        text += figures_head(row.title) + figures_row("whole", row.whole);
        for (const split_share& p : row.parts) {
            text += figures_row(p.title + ": " + p.what, p.figures);
        }
        for (const split_share& p : row.beside) {
            text += figures_row("beside: " + p.title + ": " + p.what, p.figures);
        }
        text += "</table></div>\n";
    }
    return text + "<p>" +
           prose(rounds_sentence(split.rounds, split.planned_rounds, split.cut_short) + ". " +
                 noise_sentence(split.noise)) +
           "</p>\n<p class=\"lead\">" + prose("Held fixed: " + split.held_fixed + ".") + "</p>\n</section>\n";
}

std::string section(const sweep_result& sweep) {
    std::string text = "<section id=\"" + escaped(sweep.name) + "\">\n" + element("h2", sweep.title) +
                       "\n<p class=\"question\">" + escaped(sweep.question) + "</p>\n";
    const std::string drawing = sweep_plot(sweep);
    text += drawing.empty() ? "<p>" + prose(sweep_paragraph(sweep)) + "</p>\n"
                            : figure("Over " + sweep.axis, drawing, sweep_paragraph(sweep));
    if (!sweep.figures.empty()) {
        text += figures_head(sweep.axis);
        for (const sweep_figure& f : sweep.figures) {
            text += figures_row(sweep.points[f.point].label + ": " + sweep.series[f.series].title, f.figures);
        }
        text += "</table></div>\n";
    }
    return text + "<p class=\"lead\">" +
           prose("At least " + rounds_sentence(sweep.rounds, sweep.rounds, sweep.cut_short) +
                 " a point. Held fixed: " + sweep.held_fixed + ".") +
           "</p>\n</section>\n";
}

std::string section(const experiment_result& e) {
    std::string text = "<section id=\"" + escaped(e.name) + "\">\n" + element("h2", e.title) +
                       "\n<p class=\"question\">" + escaped(e.question) + "</p>\n";
    if (!e.contenders.empty()) {
        text += figure("Medians and ranges", range_plot(e), range_paragraph(e));
        text += figure("Ratios", ratio_plot(e), ratio_paragraph(e));
        text += figure("Distribution", distribution_plot(e), distribution_paragraph(e));
        text += figure("Round by round", rounds_plot(e), rounds_paragraph(e));
    }
    text += figure("When the child begins", stages_plot(e), stages_paragraph(e));
    text += element("h3", "Figures") + "\n" + table(e) + stages_table(e);
    text += "<p>" +
            prose(std::to_string(e.rounds) + " rounds" +
                  (e.cut_short ? " of " + std::to_string(e.planned_rounds) + " (the time was up)" : "") +
                  ". " + noise_sentence(e)) +
            "</p>\n";
    text += "<p class=\"lead\">" +
            prose("Held fixed: " + e.held_fixed + ". It would be falsified by " + e.falsified_by + ".") +
            "</p>\n</section>\n";
    return text;
}

std::string method(const lab_report& report) {
    std::string text = element("h2", "How it was measured") + "\n";
    text +=
        "<p>" +
        prose(
            "Every contender takes one turn in each round, in an order shuffled anew for each round (seed " +
            std::to_string(report.asked.seed) +
            "). Each piece of work computes a value from an input of its own, and the joiner checks it: a "
            "contender that once answers wrongly, or not, or twice, fails the run. The cost of reading the "
            "clock, " +
            time_of(report.clock_cost_ns) +
            ", is subtracted. Spread is the width of the middle "
            "half in medians (one round has none: ?). Ratios are of medians; their 95 % intervals come from a block bootstrap over "
            "rounds, which keeps neighbouring rounds together. Noise is the farthest from 1 that such an "
            "interval reaches when one contender is measured twice as if it were two; above " +
            as_percent(noise_threshold) + " a run is called too noisy, and so is one of fewer than " +
            std::to_string(fewest_rounds) + " rounds.") +
        "</p>\n";
    text += element("h3", "Contenders") + "\n<div class=\"scroll\"><table class=\"facts\">\n";
    std::vector<std::string> told;
    for (const experiment_result& e : report.experiments) {
        for (const measured& m : e.contenders) {
            if (std::find(told.begin(), told.end(), m.card.name) == told.end()) {
                told.push_back(m.card.name);
                text += "<tr>" + element("th", m.card.title) + element("td", m.card.what) + "</tr>\n";
            }
        }
    }
    text += "</table></div>\n" + element("h3", "Machine and build") +
            "\n<div class=\"scroll\"><table class=\"facts\">\n";
    for (const fact& f : report.machine.facts) {
        text +=
            environment_fact(f) ? "" : "<tr>" + element("th", f.title) + element("td", f.value) + "</tr>\n";
    }
    text += "<tr>" + element("th", "During the run") + element("td", interference_sentence(report.around)) +
            "</tr>\n";
    return text + "</table></div>\n";
}

} // namespace

std::string html_report(const lab_report& report) {
    std::string text = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    text += element("title", "weft lab, " + report.started) + "\n<style>" + html_style +
            "</style>\n</head>\n<body>\n<main>\n";
    text += element("h1", "What it costs to have work done by somebody new") + "\n";
    text +=
        "<p class=\"lead\">" +
        escaped("weft " + report.machine.value_of("weft_version") + ", measured " + report.started + " in " +
                three_digits(report.seconds) + " s on " + report.machine.value_of("cpu_model") + ", " +
                report.machine.value_of("cpus") + ", " + report.machine.value_of("kernel") + ", glibc " +
                report.machine.value_of("glibc") + ", " + report.machine.value_of("build_type") + " build.") +
        "</p>\n";
    text += tiles(report) + verdict(report);
    for (const experiment_result& e : report.experiments) {
        text += section(e);
    }
    if (report.split) {
        text += section(*report.split);
    }
    for (const sweep_result& sweep : report.sweeps) {
        text += section(sweep);
    }
    return text + method(report) + "</main>\n</body>\n</html>\n";
}

} // namespace weft::lab

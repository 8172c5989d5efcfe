// SPDX-License-Identifier: MIT
#include "driver/report.hpp"
#include "lab/report/json_writer.hpp"
#include "lab/report/spread.hpp"
#include "lab/report/units.hpp"
#include <algorithm>
#include <stdexcept>

namespace weft::workload {

namespace {

constexpr const char* begin_mark = "<!-- last run: written by weft bench --markdown -->\n";
constexpr const char* end_mark = "<!-- end of last run -->\n";

std::string padded(std::string text, std::size_t width, bool right) {
    const std::size_t gap = text.size() < width ? width - text.size() : 0;
    return right ? std::string(gap, ' ') + text : text + std::string(gap, ' ');
}

std::string workers_text(unsigned n) {
    return std::to_string(n) + (n == 1 ? " worker" : " workers");
}

std::string aim_text(const measured& m) {
    if (m.aim <= 0) {
        return {};
    }
    return std::string(m.figures.p50 <= m.aim ? "met" : "not met") + ": " + figure_text(m.aim, m.unit);
}

/// The run's circumstances, a line each.
std::vector<std::string> circumstances(const bench_report& report) {
    std::vector<std::string> lines;
    lines.push_back(report.started + ", " + std::to_string(report.asked.rounds) + (report.asked.rounds == 1 ? " round" : " rounds") + " at the " +
                    (report.asked.how_big == scale::full ? "full" : report.asked.how_big == scale::quick ? "quick" : "tiny") + " sizes, " +
                    lab::three_digits(report.seconds) + " s");
    for (const lab::fact& f : report.machine.facts) {
        lines.push_back(f.title + ": " + f.value);
    }
    return lines;
}

} // namespace

std::string figure_text(double value, const std::string& unit) {
    if (unit == "ns") {
        return lab::as_time(value);
    }
    if (unit == "ms") {
        return value > 0 ? lab::as_time(value * 1e6) : "0 ms";
    }
    return lab::three_digits(value) + " " + unit;
}

std::string table_report(const bench_report& report) {
    std::string text;
    for (const std::string& line : circumstances(report)) {
        text += "  " + line + "\n";
    }
    for (const std::string& caution : report.machine.cautions) {
        text += "  Caution: " + caution + "\n";
    }
    for (const workload_result& w : report.workloads) {
        text += "\n" + std::string(w.what->name) + ": " + w.what->question + "\n";
        std::string heading;
        for (const measured& m : w.all) {
            const std::string here = m.figure + ", " + workers_text(m.workers);
            if (here != heading) {
                heading = here;
                text += padded("  " + here, 36, false) + padded("median", 13, true) + padded("min", 13, true) + padded("max", 13, true) +
                        padded("spread", 8, true) + padded("to weft", 9, true) + "\n";
            }
            text += padded("    " + report.title_of(m.contender), 36, false) + padded(figure_text(m.figures.p50, m.unit), 13, true) +
                    padded(figure_text(m.figures.min, m.unit), 13, true) + padded(figure_text(m.figures.max, m.unit), 13, true) +
                    padded(lab::as_spread(m.figures), 8, true) + padded(m.ratio ? lab::as_ratio(*m.ratio) : "", 9, true) +
                    (m.aim > 0 ? "  aim " + aim_text(m) : "") + "\n";
        }
        for (const left_out& out : w.outside) {
            text += "    " + out.contender + (out.fault ? " FAILED, left out: " : " left out: ") + out.why + "\n";
        }
        for (const std::string& note : w.notes) {
            text += "    (" + note + ")\n";
        }
    }
    return text + "\nspread: width of the middle half, in medians. to weft: ratio of the medians; above 1 weft is the better one. Every answer\n"
                  "was checked by the contender itself; each run is a process of its own, in an order shuffled anew for each round (seed " +
           std::to_string(report.asked.seed) + ").\n";
}

std::string json_report(const bench_report& report) {
    lab::json_writer out;
    out.begin_object();
    out.member("format", "weft bench 1");
    out.member("started", report.started);
    out.member("seconds", report.seconds);
    out.member("rounds", static_cast<std::uint64_t>(report.asked.rounds));
    out.member("seed", report.asked.seed);
    out.key("machine");
    out.begin_object();
    for (const lab::fact& f : report.machine.facts) {
        out.member(f.key, f.value);
    }
    out.end_object();
    const auto sentences = [&out](const char* name, const std::vector<std::string>& all) {
        out.key(name);
        out.begin_array();
        for (const std::string& s : all) {
            out.value(s);
        }
        out.end_array();
    };
    sentences("cautions", report.machine.cautions);
    out.key("workloads");
    out.begin_array();
    for (const workload_result& w : report.workloads) {
        out.begin_object();
        out.member("name", w.what->name);
        out.key("sizes");
        out.begin_object();
        for (const size& s : w.what->sizes) {
            out.member(s.name, s.at(report.asked.how_big));
        }
        for (const size& s : w.what->variants) {
            out.member(s.name, s.at(report.asked.how_big));
        }
        out.end_object();
        out.key("figures");
        out.begin_array();
        for (const measured& m : w.all) {
            out.begin_object();
            out.member("contender", m.contender);
            out.member("title", report.title_of(m.contender));
            out.member("figure", m.figure);
            out.member("unit", m.unit);
            out.member("workers", static_cast<std::uint64_t>(m.workers));
            out.member("median", m.figures.p50);
            out.member("min", m.figures.min);
            out.member("max", m.figures.max);
            out.member("spread", m.figures.relative_iqr());
            if (m.ratio) {
                out.member("ratio_to_weft", *m.ratio);
            }
            if (m.aim > 0) {
                out.member("aim", m.aim);
            }
            out.key("samples");
            out.value(std::span<const double>(m.samples));
            out.end_object();
        }
        out.end_array();
        out.key("left_out");
        out.begin_array();
        for (const left_out& o : w.outside) {
            out.begin_object();
            out.member("contender", o.contender);
            out.member("why", o.why);
            out.member("fault", o.fault);
            out.end_object();
        }
        out.end_array();
        sentences("notes", w.notes);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return out.take();
}

std::string markdown_report(const bench_report& report) {
    std::string text;
    for (const std::string& line : circumstances(report)) {
        text += "- " + line + "\n";
    }
    for (const std::string& caution : report.machine.cautions) {
        text += "- **" + caution + "**\n";
    }
    text += "\nMedians, with the ratio to weft's in brackets (above 1: weft is the better one). w1, w2: workers.\n\n| workload | figure | w |";
    std::vector<const contender_entry*> columns;
    for (const contender_entry& c : report.contenders) {
        if (!c.program.empty()) {
            columns.push_back(&c);
            text += " " + c.title + " |";
        }
    }
    text += " aim |\n|---|---|---|" + [&] {
        std::string rule;
        for (std::size_t i = 0; i <= columns.size(); ++i) {
            rule += "---|";
        }
        return rule;
    }() + "\n";
    for (const workload_result& w : report.workloads) {
        for (std::size_t i = 0; i < w.all.size();) {
            const measured& first = w.all[i];
            std::size_t end = i;
            while (end < w.all.size() && w.all[end].figure == first.figure && w.all[end].workers == first.workers) {
                ++end;
            }
            text += "| " + std::string(w.what->name) + " | " + first.figure + " | w" + std::to_string(first.workers) + " |";
            std::string aimed;
            for (const contender_entry* c : columns) {
                text += " ";
                for (std::size_t k = i; k < end; ++k) {
                    const measured& m = w.all[k];
                    if (m.contender == c->name) {
                        text += figure_text(m.figures.p50, m.unit);
                        text += m.ratio && m.contender != "weft" ? " (" + lab::as_times(*m.ratio) + ")" : "";
                        aimed += aim_text(m);
                    }
                }
                text += " |";
            }
            text += " " + aimed + " |\n";
            i = end;
        }
    }
    text += "\n";
    for (const workload_result& w : report.workloads) {
        for (const left_out& o : w.outside) {
            if (o.why.find("this contender does not do") == std::string::npos) {
                text += "- " + std::string(w.what->name) + ": " + o.contender + (o.fault ? " failed and was left out: " : " was left out: ") + o.why + "\n";
            }
        }
        for (const std::string& note : w.notes) {
            text += "- " + std::string(w.what->name) + ": " + note + "\n";
        }
    }
    return text;
}

std::string with_last_run(const std::string& document, const bench_report& report) {
    const std::size_t begin = document.find(begin_mark);
    const std::size_t end = document.find(end_mark, begin == std::string::npos ? 0 : begin);
    if (begin == std::string::npos || end == std::string::npos) {
        throw std::runtime_error("it has no marks for the last run");
    }
    const std::size_t after = begin + std::string_view(begin_mark).size();
    return document.substr(0, after) + "\n" + markdown_report(report) + "\n" + document.substr(end);
}

} // namespace weft::workload

// SPDX-License-Identifier: MIT
#include "driver/report.hpp"
#include "lab/report/axis.hpp"
#include "lab/report/html.hpp"
#include "lab/report/svg.hpp"
#include "lab/report/spread.hpp"
#include "lab/report/units.hpp"
#include <algorithm>

namespace weft::workload {

namespace {

using lab::escaped;

std::string element(const std::string& tag, const std::string& content) {
    return "<" + tag + ">" + escaped(content) + "</" + tag.substr(0, tag.find(' ')) + ">";
}

std::string colour(const bench_report& report, const std::string& contender) {
    for (std::size_t i = 0; i < report.contenders.size(); ++i) {
        if (report.contenders[i].name == contender) {
            return "k" + std::to_string(i % 7);
        }
    }
    return "k6";
}

/// A row for each contender and number of workers: the median as a dot, the range as a line.
std::string plot(const bench_report& report, const std::vector<const measured*>& rows) {
    constexpr double labels_end = 212;
    constexpr double plot_begin = 228;
    constexpr double plot_end = 640;
    constexpr double head = 30;
    constexpr double row_height = 26;
    double low = 0;
    double high = 0;
    for (const measured* m : rows) {
        const double least = m->figures.min;
        low = least > 0 && (low <= 0 || least < low) ? least : low;
        high = std::max(high, m->figures.max);
    }
    if (!(low > 0)) {
        return {};
    }
    const std::string& unit = rows.front()->unit;
    const double bottom = head + row_height * static_cast<double>(rows.size());
    lab::svg out(880, bottom + 46, rows.front()->figure, "For each contender the median and the range over the rounds.");
    const lab::log_axis axis(low, high, plot_begin, plot_end);
    for (const double tick : axis.ticks(8)) {
        const double x = axis.place(tick);
        out.line({x, head - 4}, {x, bottom}, "grid");
        out.text({x, bottom + 16}, unit == "ns" ? lab::as_tick_time(tick) : unit == "ms" ? lab::as_tick_time(tick * 1e6) : lab::as_tick(tick), "tick",
                 lab::anchor::middle);
    }
    out.line({plot_begin, bottom}, {plot_end, bottom}, "axis");
    out.text({(plot_begin + plot_end) / 2, bottom + 36}, (unit == "ns" || unit == "ms" ? "time" : unit) + " (logarithmic)", "axis-name",
             lab::anchor::middle);
    out.text({740, head - 12}, "median", "column", lab::anchor::end);
    out.text({872, head - 12}, "to weft", "column", lab::anchor::end);
    double y = head + row_height / 2;
    for (const measured* m : rows) {
        const std::string title = report.title_of(m->contender) + ", w" + std::to_string(m->workers);
        const std::string k = colour(report, m->contender);
        out.begin_group(title + ": min " + figure_text(m->figures.min, unit) + ", median " + figure_text(m->figures.p50, unit) + ", max " +
                        figure_text(m->figures.max, unit));
        out.text({labels_end, y + 4}, title, "label", lab::anchor::end);
        out.line({axis.place(m->figures.min), y}, {axis.place(m->figures.max), y}, "whisker " + k);
        out.circle({axis.place(m->figures.p50), y}, 5, "median " + k);
        if (m->aim > 0) {
            const double x = axis.place(m->aim);
            out.line({x, y - 9}, {x, y + 9}, "one");
        }
        out.text({740, y + 4}, figure_text(m->figures.p50, unit), "figure", lab::anchor::end);
        out.text({872, y + 4}, m->ratio ? lab::as_ratio(*m->ratio) : "", "figure", lab::anchor::end);
        out.end_group();
        y += row_height;
    }
    return out.take();
}

std::string section(const bench_report& report, const workload_result& w) {
    std::string text = "<section id=\"" + escaped(w.what->name) + "\">\n" + element("h2", w.what->name) + "\n<p class=\"question\">" +
                       escaped(w.what->question) + "</p>\n";
    std::vector<std::string> names;
    for (const measured& m : w.all) {
        if (std::find(names.begin(), names.end(), m.figure) == names.end()) {
            names.push_back(m.figure);
        }
    }
    for (const std::string& name : names) {
        std::vector<const measured*> rows;
        for (const measured& m : w.all) {
            if (m.figure == name) {
                rows.push_back(&m);
            }
        }
        const std::string drawing = plot(report, rows);
        text += element("h3", name) + "\n";
        if (!drawing.empty()) {
            text += "<figure>\n<div class=\"drawing\">\n" + drawing + "</div>\n<figcaption>" +
                    escaped("Dots are medians, lines the range over the rounds; a dotted mark is what weft aims at.") +
                    "</figcaption>\n</figure>\n";
        }
        text += "<div class=\"scroll\"><table>\n<tr>";
        for (const char* head : {"contender", "workers", "min", "median", "max", "spread", "to weft", "aim"}) {
            text += element("th", head);
        }
        text += "</tr>\n";
        for (const measured* m : rows) {
            text += "<tr>" + element("td", report.title_of(m->contender)) + element("td", std::to_string(m->workers));
            for (const double v : {m->figures.min, m->figures.p50, m->figures.max}) {
                text += element("td", figure_text(v, m->unit));
            }
            text += element("td", lab::as_spread(m->figures)) + element("td", m->ratio ? lab::as_ratio(*m->ratio) : "") +
                    element("td", m->aim > 0 ? figure_text(m->aim, m->unit) : "") + "</tr>\n";
        }
        text += "</table></div>\n";
    }
    for (const left_out& o : w.outside) {
        text += "<p" + std::string(o.fault ? " class=\"caution\"" : "") + ">" +
                escaped(o.contender + (o.fault ? " failed and was left out: " : " was left out: ") + o.why + ".") + "</p>\n";
    }
    for (const std::string& note : w.notes) {
        text += "<p>" + escaped(note + ".") + "</p>\n";
    }
    return text + "<p class=\"lead\">" +
           escaped(std::string("Held fixed: ") + w.what->held_fixed + ". It would be falsified by " + w.what->falsified_by + ".") +
           "</p>\n</section>\n";
}

} // namespace

std::string html_report(const bench_report& report) {
    std::string text = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    text += element("title", "weft bench, " + report.started) + "\n<style>" + lab::html_style + "</style>\n</head>\n<body>\n<main>\n";
    text += element("h1", "weft beside its peers") + "\n<p class=\"lead\">" +
            escaped("Measured " + report.started + ", " + std::to_string(report.asked.rounds) +
                    " rounds. Each run is a process of its own, in an order shuffled anew for each round (seed " +
                    std::to_string(report.asked.seed) + "); each contender checks its result.") +
            "</p>\n";
    for (const std::string& caution : report.machine.cautions) {
        text += "<p class=\"caution\">" + escaped(caution) + "</p>\n";
    }
    for (const workload_result& w : report.workloads) {
        text += section(report, w);
    }
    text += element("h2", "Machine and build") + "\n<div class=\"scroll\"><table class=\"facts\">\n";
    for (const lab::fact& f : report.machine.facts) {
        text += "<tr>" + element("th", f.title) + element("td", f.value) + "</tr>\n";
    }
    return text + "</table></div>\n</main>\n</body>\n</html>\n";
}

} // namespace weft::workload

// SPDX-License-Identifier: MIT
#include "lab/report/more_tables.hpp"
#include "lab/report/columns.hpp"
#include "lab/report/spread.hpp"
#include "lab/report/units.hpp"
#include "lab/report/words.hpp"

namespace weft::lab {

namespace {

/// "12.3 us 8 %": a median and its spread.
std::string with_spread(const summary& s, std::size_t width) {
    return to_the_right(as_time(s.p50), width) + to_the_right(as_spread(s), 7);
}

/// A terminal may not know the Greek letter.
std::string ascii(std::string text) {
    for (std::size_t at = 0; (at = text.find("\u00b5", at)) != std::string::npos;) {
        text.replace(at, 2, "u");
    }
    return text;
}

std::string share_line(const split_share& s, double whole) {
    std::string line = "    " + to_the_left(s.title, title_width + 10);
    for (const double value : {s.figures.min, s.figures.p50, s.figures.p90}) {
        line += to_the_right(as_time(value), 9);
    }
    line += to_the_right(as_spread(s.figures), 8);
    return line + to_the_right(whole > 0 ? as_percent(s.figures.p50 / whole) : "", 8) + "\n";
}

} // namespace

std::string stages_text(const experiment_result& e) {
    std::string text;
    for (const measured& m : e.contenders) {
        if (!m.stages) {
            continue;
        }
        if (text.empty()) {
            text = "  " + to_the_left("median and spread of", title_width) +
                   to_the_right("call returned", 16) + to_the_right("child begins", 16) +
                   to_the_right("end to joined", 16) + "\n";
        }
        text += "  " + to_the_left(m.card.title, title_width) + with_spread(m.stages->call_returned, 9) +
                with_spread(m.stages->first_instruction, 9) + with_spread(m.stages->end_to_joined, 9) + "\n";
    }
    return text;
}

std::string split_text(const split_result& split) {
    std::string text =
        split.title + " (ns, " + rounds_sentence(split.rounds, split.planned_rounds, split.cut_short) + ")\n";
    if (!split.missing.empty()) {
        return text + "  not measured: " + split.missing + "\n\n";
    }
    text += "    " + to_the_left("", title_width + 10);
    for (const char* column : {"min", "p50", "p90"}) {
        text += to_the_right(column, 9);
    }
    text += to_the_right("spread", 8) + to_the_right("share", 8) + "\n";
    for (const split_row& row : split.rows) {
        text += "  " + to_the_left(row.title, title_width + 12);
        for (const double value : {row.whole.min, row.whole.p50, row.whole.p90}) {
            text += to_the_right(as_time(value), 9);
        }
        text += to_the_right(as_spread(row.whole), 8) + "\n";
        for (const split_share& s : row.parts) {
            text += share_line(s, row.whole.p50);
        }
        for (const split_share& s : row.beside) {
            text += share_line({s.name, "(beside) " + s.title, s.what, s.place, {}, s.figures}, 0);
        }
    }
    return text + wrapped(ascii(split_paragraph(split))) + wrapped(split.differences + ".") +
           wrapped(noise_sentence(split.noise)) + "\n";
}

std::string sweep_text(const sweep_result& sweep) {
    std::string text = sweep.title + " (" + sweep.unit + ", " +
                       rounds_sentence(sweep.rounds, sweep.rounds, sweep.cut_short) +
                       "; median and spread)\n";
    if (!sweep.figures.empty()) {
        text += "  " + to_the_left(sweep.axis, title_width);
        for (const contender_card& series : sweep.series) {
            text += to_the_right(series.title, 24);
        }
        text += "\n";
    }
    for (std::size_t p = 0; p < sweep.points.size() && !sweep.figures.empty(); ++p) {
        text += "  " + to_the_left(sweep.points[p].label, title_width);
        for (std::size_t s = 0; s < sweep.series.size(); ++s) {
            const sweep_figure* f = sweep.find(s, p);
            text += f ? with_spread(f->figures, 17) : to_the_right("-", 24);
        }
        text += "\n";
    }
    for (const skipped& s : sweep.skips) {
        text += "  " + to_the_left(s.card.title, title_width) + " not measured: " + s.why + "\n";
    }
    if (!sweep.stopped.empty()) {
        text += wrapped(sweep.stopped);
    }
    for (const std::string& note : sweep.notes) {
        text += wrapped(note);
    }
    return text + wrapped(noise_sentence(sweep.noise)) + "\n";
}

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// The sentences about stages, the split and the sweeps; words.cpp has those about contests.
#include "lab/report/units.hpp"
#include "lab/report/words.hpp"
#include <algorithm>
#include <cmath>
#include <vector>

namespace weft::lab {

namespace {

std::string time_of(double ns) {
    return as_time(ns, micro::letter);
}

std::string with_spread(const summary& s) {
    return time_of(s.p50) + " (middle half " + time_of(s.p25) + " to " + time_of(s.p75) + ")";
}

/// The largest parts of a bar, by their medians.
std::vector<const split_share*> largest(const split_row& row, std::size_t most) {
    std::vector<const split_share*> parts;
    for (const split_share& p : row.parts) {
        parts.push_back(&p);
    }
    std::stable_sort(parts.begin(), parts.end(), [](const split_share* a, const split_share* b) {
        return a->figures.p50 > b->figures.p50;
    });
    parts.resize(std::min(parts.size(), most));
    return parts;
}

} // namespace

std::string rounds_sentence(std::size_t rounds, std::size_t planned, bool cut_short) {
    return std::to_string(rounds) + (rounds == 1 ? " round" : " rounds") +
           (cut_short
                ? (planned > rounds ? " of " + std::to_string(planned) : std::string()) + ": the time was up"
                : std::string());
}

std::string stages_paragraph(const experiment_result& e) {
    const measured* soonest = nullptr;
    const measured* latest = nullptr;
    for (const measured& m : e.contenders) {
        if (!m.stages) {
            continue;
        }
        const auto begins = [](const measured* of) { return of->stages->first_instruction.p50; };
        soonest = !soonest || begins(&m) < begins(soonest) ? &m : soonest;
        latest = !latest || begins(&m) > begins(latest) ? &m : latest;
    }
    if (!soonest) {
        return {};
    }
    std::string text = "Each bar runs from before the creation to the child's first instruction, then "
                       "through the child, then from its "
                       "last instruction until the join or wait has returned; medians of one more operation "
                       "a round, with the "
                       "readings of the clock in it. ";
    text += soonest->card.title + " begins soonest, after " + with_spread(soonest->stages->first_instruction);
    if (latest != soonest) {
        text +=
            "; " + latest->card.title + " latest, after " + with_spread(latest->stages->first_instruction);
    }
    text += ". ";
    const measured* base = e.find(e.baseline);
    if (base && base->stages) {
        text += "The creating call of " + base->card.title + " returns after " +
                with_spread(base->stages->call_returned) + ", and its joiner knows of the end after " +
                with_spread(base->stages->end_to_joined) + ". ";
    }
    return text;
}

std::string split_paragraph(const split_result& split) {
    std::string text;
    for (const split_row& row : split.rows) {
        if (row.beside.empty()) {
            continue; // seen from outside only
        }
        text += row.title + ": " + with_spread(row.whole) + ", of it ";
        std::string list;
        for (const split_share* p : largest(row, 3)) {
            list += (list.empty() ? "" : ", ") + p->title + " " + time_of(p->figures.p50) + " (" +
                    as_percent(row.whole.p50 > 0 ? p->figures.p50 / row.whole.p50 : 0) + ")";
        }
        text += list + "; the medians of its parts add up to " +
                as_percent(row.whole.p50 > 0 ? row.sum_of_medians() / row.whole.p50 : 0) +
                " of the whole's. ";
    }
    for (const split_comparison& c : split.comparisons) {
        const split_row* a = split.find(c.replica);
        const split_row* b = split.find(c.real);
        if (a && b) {
            text += "The " + a->title + " took " + as_times(c.ratio.estimate) + " times (" +
                    as_times(c.ratio.low) + " to " + as_times(c.ratio.high) + ") what the real " + b->title +
                    " took, " + with_spread(b->whole) + ". ";
        }
    }
    return text + split.exit_told + " A reading of the clock lies between two parts and costs about " +
           time_of(split.clock_cost_ns) + ", which is in the part before it.";
}

std::string sweep_paragraph(const sweep_result& sweep) {
    std::string text;
    for (std::size_t s = 0; s < sweep.series.size(); ++s) {
        std::vector<const sweep_figure*> of;
        for (std::size_t p = 0; p < sweep.points.size(); ++p) {
            if (const sweep_figure* f = sweep.find(s, p)) {
                of.push_back(f);
            }
        }
        if (of.empty()) {
            continue;
        }
        const auto less = [](const sweep_figure* a, const sweep_figure* b) {
            return a->figures.p50 < b->figures.p50;
        };
        const sweep_figure* first =
            sweep.numeric ? of.front() : *std::min_element(of.begin(), of.end(), less);
        const sweep_figure* last = sweep.numeric ? of.back() : *std::max_element(of.begin(), of.end(), less);
        text += sweep.series[s].title + ": " + with_spread(first->figures) + " at " +
                sweep.points[first->point].label;
        if (last != first) {
            text += ", " + with_spread(last->figures) + " at " + sweep.points[last->point].label;
            if (first->figures.p50 > 0) {
                const double ratio = last->figures.p50 / first->figures.p50;
                const bool apart =
                    last->figures.p25 > first->figures.p75 || last->figures.p75 < first->figures.p25;
                text +=
                    ", " + as_times(ratio) + " times" +
                    (apart ? ""
                           : ", but the middle halves overlap, so that this run does not tell them apart");
            }
        }
        text += ". ";
    }
    if (text.empty()) {
        text = "Nothing could be measured. ";
    }
    for (const skipped& s : sweep.skips) {
        text += "Not measured: " + s.card.title + " (" + s.why + "). ";
    }
    if (!sweep.stopped.empty()) {
        text += sweep.stopped + " ";
    }
    for (const std::string& note : sweep.notes) {
        text += note + " ";
    }
    return text + noise_sentence(sweep.noise);
}

} // namespace weft::lab

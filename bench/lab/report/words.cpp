// SPDX-License-Identifier: MIT
#include "lab/report/words.hpp"
#include "lab/report/units.hpp"
#include <algorithm>
#include <cmath>
#include <vector>

namespace weft::lab {

namespace {

constexpr std::size_t enough_for_p99 = 200;

std::string time_of(double ns) {
    return as_time(ns, micro::letter);
}

std::string interval_text(const interval& r) {
    return as_times(r.low) + " to " + as_times(r.high);
}

const measured* cheapest(const experiment_result& e) {
    const auto at =
        std::min_element(e.contenders.begin(), e.contenders.end(),
                         [](const measured& a, const measured& b) { return a.figures.p50 < b.figures.p50; });
    return at == e.contenders.end() ? nullptr : &*at;
}

const measured* dearest(const experiment_result& e) {
    const auto at =
        std::max_element(e.contenders.begin(), e.contenders.end(),
                         [](const measured& a, const measured& b) { return a.figures.p50 < b.figures.p50; });
    return at == e.contenders.end() ? nullptr : &*at;
}

/// What one of these is called: "operation", "item", "switch".
std::string thing(const experiment_result& e) {
    const std::size_t last = e.unit.rfind(' ');
    return e.unit.substr(last + 1);
}

} // namespace

std::string noise_sentence(const experiment_result& e) {
    return noise_sentence(e.noise);
}

std::string noise_sentence(const std::optional<noise_figure>& noise) {
    if (!noise) {
        return "Noise was not measured.";
    }
    const noise_figure& n = *noise;
    const std::string apart = as_percent(std::abs(n.ratio.estimate - 1));
    if (n.too_few()) {
        return "Too few rounds: " + std::to_string(n.figures.count) + ", and below " +
               std::to_string(fewest_rounds) + " noise cannot be told from a difference; " + n.card.title +
               ", measured twice, differed by " + apart + ". The figures mean little.";
    }
    if (n.too_noisy()) {
        return "Too noisy: " + n.card.title + ", measured twice, differed by " + apart +
               " (95 % interval: up to " + as_percent(n.figure) + "; limit: " + as_percent(noise_threshold) +
               "). Smaller differences mean nothing.";
    }
    return "Noise " + as_percent(n.figure) + ": " + n.card.title + ", measured twice, differed by " + apart +
           "; smaller differences than " + as_percent(n.figure) + " mean nothing.";
}

std::string interference_sentence(const interference& around) {
    std::string text;
    if (around.others) {
        text += "other processes took " + as_percent(*around.others) + " of all CPU time, ";
    }
    if (around.stolen) {
        text += "the hypervisor " + as_percent(*around.stolen) + ", ";
    }
    char load[32];
    std::snprintf(load, sizeof load, "%.2f", around.load_after);
    return text + std::to_string(around.involuntary_switches) + " involuntary switches, load average after " +
           load;
}

std::string range_paragraph(const experiment_result& e) {
    std::string text;
    const measured* base = e.find(e.baseline);
    const measured* best = cheapest(e);
    const measured* worst = dearest(e);
    if (!best || !worst) {
        return "Nothing was measured.";
    }
    if (base) {
        text += "The median " + thing(e) + " of " + base->card.title + " took " + time_of(base->figures.p50) +
                ", the middle half of them between " + time_of(base->figures.p25) + " and " +
                time_of(base->figures.p75) + ". ";
    }
    if (best != worst) {
        text += "The cheapest is " + best->card.title + " with " + time_of(best->figures.p50) + " (" +
                as_rate(best->figures.p50) + " a second), the dearest " + worst->card.title + " with " +
                time_of(worst->figures.p50) + ". ";
    } else if (!base) {
        text += "The median " + thing(e) + " of " + best->card.title + " took " + time_of(best->figures.p50) +
                ". ";
    }
    for (const measured& m : e.contenders) {
        if (m.calls_per_switch > 1.05) {
            text +=
                m.card.title + " needed " + three_digits(m.calls_per_switch) + " calls for one real switch. ";
        }
    }
    return text + "The axis is logarithmic: equal distances are equal factors.";
}

std::string distribution_paragraph(const experiment_result& e) {
    std::string text = "Read a curve from below: at 50 % half of the rounds were at least that fast. ";
    const measured* base = e.find(e.baseline);
    const measured* shown = base ? base : cheapest(e);
    if (!shown) {
        return text;
    }
    const summary& s = shown->figures;
    text += "For " + shown->card.title + " nine in ten took at most " + time_of(s.p90);
    if (s.count >= enough_for_p99) {
        text += " and one in a hundred more than " + time_of(s.p99);
    }
    text += "; its slowest of " + std::to_string(s.count) + " took " + time_of(s.max) + ". ";
    const measured* long_tail = nullptr; // where there are enough rounds to see one
    for (const measured& m : e.contenders) {
        if (m.figures.p50 > 0 && m.figures.count >= enough_for_p99 &&
            (!long_tail || m.figures.p99 / m.figures.p50 > long_tail->figures.p99 / long_tail->figures.p50)) {
            long_tail = &m;
        }
    }
    if (long_tail) {
        text += "The longest tail for its size belongs to " + long_tail->card.title +
                ": its 99th percentile is " + as_times(long_tail->figures.p99 / long_tail->figures.p50) +
                " times its median. ";
    }
    if (e.noise) {
        text += "The dashed grey curve is " + e.noise->card.title +
                " measured once more; the gap between it and its twin is what noise looks like here.";
    }
    return text;
}

std::string rounds_paragraph(const experiment_result& e) {
    std::string text =
        "Each point is the median of a few neighbouring rounds, in the order in which they ran; level lines "
        "mean that nothing drifted. ";
    const measured* base = e.find(e.baseline);
    const measured* shown = base ? base : cheapest(e);
    if (shown && shown->samples.size() >= 8) {
        const std::size_t quarter = shown->samples.size() / 4;
        std::vector<double> head(shown->samples.begin(),
                                 shown->samples.begin() + static_cast<std::ptrdiff_t>(quarter));
        std::vector<double> tail(shown->samples.end() - static_cast<std::ptrdiff_t>(quarter),
                                 shown->samples.end());
        const double first = median_in_place(head);
        const double last = median_in_place(tail);
        if (first > 0) {
            text += "From its first quarter to its last the median of " + shown->card.title + " went from " +
                    time_of(first) + " to " + time_of(last) + ", " + as_percent(std::abs(last / first - 1)) +
                    (last >= first ? " up" : " down") + ". ";
        }
    }
    return text + "All contenders were measured in every round in shuffled order, so a drift falls on all of "
                  "them alike.";
}

std::string ratio_paragraph(const experiment_result& e) {
    const measured* base = e.find(e.baseline);
    if (!base) {
        return {};
    }
    std::string cheaper;
    std::string dearer;
    std::string same;
    const double noise = e.noise ? e.noise->figure : 0;
    const bool too_few = e.noise && e.noise->too_few();
    for (const measured& m : e.contenders) {
        if (&m == base || !m.ratio) {
            continue;
        }
        const interval& r = *m.ratio;
        std::string* list = &same;
        std::string entry = m.card.title;
        if (too_few) {
            entry += " (" + interval_text(r) + ")";
        } else if (r.high < 1 - noise) {
            list = &cheaper;
            entry += " " + as_times(1 / r.estimate) + " times (" + as_times(1 / r.high) + " to " +
                     as_times(1 / r.low) + ")";
        } else if (r.low > 1 + noise) {
            list = &dearer;
            entry += " " + as_times(r.estimate) + " times (" + interval_text(r) + ")";
        } else {
            entry += " (" + interval_text(r) + ")";
        }
        *list += (list->empty() ? "" : "; ") + entry; // titles hold commas
    }
    std::string text;
    if (!cheaper.empty()) {
        text += "Cheaper than " + base->card.title + ": " + cheaper + ". ";
    }
    if (!dearer.empty()) {
        text += "Dearer: " + dearer + ". ";
    }
    if (!same.empty()) {
        text += "Not to be told apart from it in this run: " + same + ". ";
    }
    return text + "In brackets and as lines: the 95 % intervals. The shaded band is the noise, " +
           as_percent(noise) + " on either side of 1: whatever touches it shows no difference.";
}

} // namespace weft::lab

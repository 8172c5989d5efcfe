// SPDX-License-Identifier: MIT
#include "driver/run.hpp"
#include "driver/child.hpp"
#include "lab/random.hpp"
#include "lab/report/json_reader.hpp"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <sstream>
#include <tuple>

namespace weft::workload {

namespace {

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.pop_back();
    }
    const std::size_t line = text.rfind('\n');
    text = line == std::string::npos ? text : text.substr(line + 1);
    return text.size() > 200 ? text.substr(0, 200) : text;
}

std::string now_as_text() {
    const std::time_t now = std::time(nullptr);
    char text[64];
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

/// One contender in one run of a workload: where its samples go.
struct lane {
    const contender_entry* who;
    const size* variant;
    unsigned workers;
    bool out = false;
    std::vector<outcome> rounds = {};
};

void add_once(std::vector<std::string>& to, std::string sentence) {
    if (std::find(to.begin(), to.end(), sentence) == to.end()) {
        to.push_back(std::move(sentence));
    }
}

void leave_out(workload_result& result, lane& of, const std::string& why, bool fault) {
    of.out = true;
    std::string sentence = why;
    if (fault) {
        sentence = "with " + std::to_string(of.workers) + (of.workers == 1 ? " worker" : " workers") +
                   (of.variant ? std::string(", ") + of.variant->name : "") + ": " + why;
    }
    for (const left_out& there : result.outside) {
        if (there.contender == of.who->title && there.why == sentence) {
            return;
        }
    }
    result.outside.push_back({of.who->title, sentence, fault});
}

void gather(workload_result& result, const std::vector<lane>& lanes, scale how_big) {
    std::vector<measured> all;
    for (const lane& of : lanes) {
        if (of.out) {
            continue;
        }
        for (const outcome& round : of.rounds) {
            for (const std::string& note : round.notes) {
                add_once(result.notes, of.who->title + ": " + note);
            }
            for (const figure& f : round.figures) {
                const std::string name = of.variant ? std::string(of.variant->name) + ": " + f.name : f.name;
                const auto at = std::find_if(all.begin(), all.end(), [&](const measured& m) {
                    return m.contender == of.who->name && m.workers == of.workers && m.figure == name;
                });
                measured& into = at == all.end() ? all.emplace_back() : *at;
                into.contender = of.who->name;
                into.figure = name;
                into.unit = f.unit;
                into.workers = of.workers;
                into.samples.push_back(f.value);
            }
        }
    }
    for (measured& m : all) {
        m.figures = lab::summarise(m.samples);
    }
    // weft's figures in their order give the order; contenders keep theirs.
    std::vector<std::string> order;
    for (const measured& m : all) {
        if (std::find(order.begin(), order.end(), m.figure) == order.end()) {
            order.push_back(m.figure);
        }
    }
    const auto place = [&](const measured& m) { return std::tuple(std::find(order.begin(), order.end(), m.figure), m.workers); };
    std::stable_sort(all.begin(), all.end(), [&](const measured& a, const measured& b) { return place(a) < place(b); });
    for (measured& m : all) {
        const auto weft = std::find_if(all.begin(), all.end(), [&](const measured& w) {
            return w.contender == "weft" && w.workers == m.workers && w.figure == m.figure;
        });
        if (weft != all.end() && weft->figures.p50 > 0) {
            m.ratio = m.figures.p50 / weft->figures.p50;
        }
        if (m.contender == "weft" && m.workers <= 2 && how_big == scale::full) { // the aims are for the full sizes
            for (const aim& a : result.what->aims) {
                m.aim = a.figure == m.figure ? (m.workers == 1 ? a.one_worker : a.two_workers) : m.aim;
            }
        }
    }
    result.all = std::move(all);
}

} // namespace

outcome read_outcome(const std::string& printed) {
    outcome got;
    std::istringstream lines(printed);
    for (std::string line; std::getline(lines, line);) {
        lab::json_value read;
        try {
            read = lab::read_json(line);
        } catch (const lab::bad_json&) {
            got.fault = "it printed '" + trimmed(line) + "', which is no figure";
            return got;
        }
        const lab::json_value* const value = read.find("value");
        if (value && value->is == lab::json_value::kind::number && std::isfinite(value->number) && !read.text_of("figure").empty()) {
            got.figures.push_back({read.text_of("figure"), read.text_of("unit"), value->number});
        } else if (!read.text_of("note").empty()) {
            got.notes.push_back(read.text_of("note"));
        } else {
            got.fault = "it printed '" + trimmed(line) + "', which is no figure";
            return got;
        }
    }
    if (got.figures.empty()) {
        got.fault = "it printed no figure";
    }
    return got;
}

outcome run_once(const contender_entry& who, const card& what, const size* variant, unsigned workers, scale how_big,
                 std::chrono::milliseconds limit) {
    outcome got;
    child_end end;
    try {
        end = run_child(who.program, arguments_of(what, variant, workers, how_big), limit);
    } catch (const std::exception& failed) {
        got.fault = failed.what();
        return got;
    }
    const std::string said = trimmed(end.err);
    if (end.too_late) {
        got.fault = "not done after " + std::to_string(limit.count() / 1000) + " s";
    } else if (end.signal != 0) {
        got.fault = std::string("ended by a signal: ") + strsignal(end.signal) + (said.empty() ? "" : "; " + said);
    } else if (end.exit_code == 77) {
        got.declined = said.empty() ? "it does not do this" : said;
    } else if (end.exit_code == 3) {
        got.fault = "its check failed: " + said;
    } else if (end.exit_code != 0) {
        got.fault = "exit status " + std::to_string(end.exit_code) + (said.empty() ? "" : ": " + said);
    } else {
        got = read_outcome(end.out);
    }
    return got;
}

std::vector<const size*> variants_of(const card& what) {
    std::vector<const size*> all;
    for (const size& v : what.variants) {
        all.push_back(&v);
    }
    if (all.empty()) {
        all.push_back(nullptr);
    }
    return all;
}

const std::string& bench_report::title_of(const std::string& contender) const noexcept {
    for (const contender_entry& c : contenders) {
        if (c.name == contender) {
            return c.title;
        }
    }
    return contender;
}

bench_report run_all(const settings& asked, const std::vector<contender_entry>& contenders, lab::progress& shown) {
    bench_report report;
    report.asked = asked;
    if (report.asked.workloads.empty()) {
        report.asked.workloads = all_workloads();
    }
    report.contenders = contenders;
    report.machine = lab::examine(*std::max_element(asked.workers.begin(), asked.workers.end()), lab::clock_cost());
    report.started = now_as_text();
    const auto began = std::chrono::steady_clock::now();
    lab::random_source random(asked.seed);
    for (const card* what : report.asked.workloads) {
        workload_result result;
        result.what = what;
        std::vector<lane> lanes;
        for (const contender_entry& who : contenders) {
            if (who.program.empty()) {
                result.outside.push_back({who.title, "was not built: the package " + who.missing + " would bring what it needs", false});
                continue;
            }
            for (const unsigned workers : asked.workers) {
                for (const size* variant : variants_of(*what)) {
                    lanes.push_back({&who, variant, workers});
                }
            }
        }
        std::vector<std::size_t> order(lanes.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        shown.begin(what->name, asked.rounds);
        for (std::size_t round = 0; round < asked.rounds; ++round) {
            random.shuffle(std::span(order));
            for (const std::size_t i : order) {
                lane& of = lanes[i];
                if (of.out) {
                    continue;
                }
                outcome got = run_once(*of.who, *what, of.variant, of.workers, asked.how_big, asked.limit);
                if (!got.fault.empty()) {
                    leave_out(result, of, got.fault, true);
                } else if (!got.declined.empty()) {
                    leave_out(result, of, got.declined, false);
                } else {
                    of.rounds.push_back(std::move(got));
                }
            }
            shown.at(round + 1);
        }
        shown.end();
        gather(result, lanes, asked.how_big);
        report.workloads.push_back(std::move(result));
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return report;
}

} // namespace weft::workload

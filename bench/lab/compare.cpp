// SPDX-License-Identifier: MIT
#include "lab/compare.hpp"
#include "lab/report/columns.hpp"
#include "lab/report/json.hpp"
#include "lab/report/json_reader.hpp"
#include "lab/report/spread.hpp"
#include "lab/report/units.hpp"
#include "lab/settings.hpp"
#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

namespace weft::lab {

namespace {

constexpr std::size_t largest_file = std::size_t{1} << 30;

class report_reader {
  public:
    report_reader(const json_value& from, const std::string& file) : from_(from), file_(file) {}

    read_report read() {
        if (from_.is != json_value::kind::object || from_.text_of("schema").empty()) {
            fail("is no report of `weft lab`: it names no schema");
        }
        if (const std::string schema = from_.text_of("schema"); schema != json_schema) {
            fail("has the schema '" + schema + "'; this program reads '" + json_schema + "'");
        }
        report_.started = from_.text_of("started");
        if (const json_value* print = from_.find("fingerprint")) {
            for (const auto& [key, value] : print->members) {
                report_.machine.emplace_back(key, value.text);
            }
        }
        for (const json_value& e : from_.items_of("experiments")) {
            for (const json_value& c : e.items_of("contenders")) {
                add(e.text_of("name") + "/" + c.text_of("name"),
                    e.text_of("name") + ": " + c.text_of("title"), c, noise_of(e));
            }
        }
        if (const json_value* split = from_.find("split")) {
            for (const json_value& row : split->items_of("rows")) {
                add("split/" + row.text_of("name"), "split: " + row.text_of("title"), row, noise_of(*split));
                for (const json_value& p : row.items_of("parts")) {
                    add("split/" + row.text_of("name") + "/" + p.text_of("name"),
                        "split: " + row.text_of("title") + ": " + p.text_of("title"), p, noise_of(*split));
                }
            }
        }
        for (const json_value& sweep : from_.items_of("sweeps")) {
            for (const json_value& point : sweep.items_of("points")) {
                for (const json_value& f : point.items_of("figures")) {
                    const std::string at = f.text_of("series") + "@" + point.text_of("label");
                    add(sweep.text_of("name") + "/" + at, sweep.text_of("name") + ": " + at, f,
                        noise_of(sweep));
                }
            }
        }
        if (report_.figures.empty()) {
            fail("holds no figures");
        }
        return std::move(report_);
    }

  private:
    [[noreturn]] void fail(const std::string& why) const { throw bad_report("'" + file_ + "' " + why); }

    static std::optional<double> noise_of(const json_value& experiment) {
        const json_value* noise = experiment.find("noise");
        return noise && noise->is == json_value::kind::object ? std::optional(noise->number_of("figure"))
                                                              : std::nullopt;
    }

    void add(const std::string& name, const std::string& title, const json_value& of,
             std::optional<double> noise) {
        reported r{name, title, {}, noise};
        for (const json_value& sample : of.items_of("samples")) {
            if (sample.is != json_value::kind::number || !(sample.number >= 0) ||
                !std::isfinite(sample.number)) {
                fail("has a sample of " + name + " that is no time");
            }
            r.samples.push_back(sample.number);
        }
        if (r.samples.empty()) {
            fail("has no samples of " + name);
        }
        if (!names_.insert(name).second) {
            fail("has " + name + " twice");
        }
        report_.figures.push_back(std::move(r));
    }

    const json_value& from_;
    const std::string& file_;
    read_report report_;
    std::set<std::string> names_;
};

/// What may differ between two machines without a word: when, how busy, and what the clock and the steps cost.
bool differs_always(const std::string& key) {
    return key == "load_average" || key == "clock" || key == "yardsticks";
}

finding judge(const interval& ratio, double noise) {
    if (ratio.high < 1 - noise) {
        return finding::cheaper;
    }
    return ratio.low > 1 + noise ? finding::dearer : finding::not_told_apart;
}

} // namespace

read_report read_lab_report(std::string_view text, const std::string& file) {
    json_value whole;
    try {
        whole = read_json(text);
    } catch (const bad_json& bad) {
        throw bad_report("'" + file + "' is no JSON: " + bad.what());
    }
    return report_reader(whole, file).read();
}

read_report read_lab_file(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (!in || in.peek() == std::ifstream::traits_type::eof()) {
        throw bad_report("'" + file + "' cannot be read, or is empty");
    }
    in.seekg(0, std::ios::end);
    if (in.tellg() > static_cast<std::streamoff>(largest_file)) {
        throw bad_report("'" + file + "' is larger than any report");
    }
    in.clear();
    in.seekg(0);
    text << in.rdbuf();
    return read_lab_report(text.str(), file);
}

comparison compare(const read_report& first, const read_report& second, std::uint64_t seed) {
    comparison result;
    const auto in = [](const read_report& report, const std::string& name) -> const reported* {
        const auto at = std::find_if(report.figures.begin(), report.figures.end(),
                                     [&](const reported& r) { return r.name == name; });
        return at == report.figures.end() ? nullptr : &*at;
    };
    for (const reported& a : first.figures) {
        const reported* b = in(second, a.name);
        if (!b) {
            result.only_in_first.push_back(a.name);
            continue;
        }
        compared c{a.name, a.title, summarise(a.samples),   summarise(b->samples),
                   {},     {},      finding::not_told_apart};
        if (!(c.first.p50 > 0)) {
            continue; // a part that took no time
        }
        c.ratio = ratio_of_separate_medians(b->samples, a.samples, {.resamples = 500, .seed = seed});
        if (a.noise || b->noise) {
            c.noise = std::max(a.noise.value_or(0), b->noise.value_or(0));
        }
        c.too_few = std::min(c.first.count, c.second.count) < fewest_rounds;
        c.what = c.too_few ? finding::not_told_apart : judge(c.ratio, c.noise.value_or(0));
        result.figures.push_back(std::move(c));
    }
    for (const reported& b : second.figures) {
        if (!in(first, b.name)) {
            result.only_in_second.push_back(b.name);
        }
    }
    if (result.figures.empty()) {
        throw bad_report("the two reports have no figure in common");
    }
    for (const auto& mine : first.machine) {
        const auto at = std::find_if(second.machine.begin(), second.machine.end(),
                                     [&](const auto& other) { return other.first == mine.first; });
        if (at != second.machine.end() && at->second != mine.second && !differs_always(mine.first)) {
            result.cautions.push_back("The two runs differ in " + mine.first + ": '" + mine.second +
                                      "' and '" + at->second + "'.");
        }
    }
    return result;
}

std::string comparison_text(const comparison& c, const std::string& first_file,
                            const std::string& second_file) {
    std::string text =
        "B / A, medians; A is " + first_file + ", B is " + second_file + "\n  " + to_the_left("", 56);
    for (const char* column : {"A p50", "B p50"}) {
        text += to_the_right(column, 10) + to_the_right("spread", 8);
    }
    text += to_the_right("B/A", 10) + "  95 % interval   noise  finding\n";
    std::size_t count[3] = {};
    bool noisy = false;
    bool few = false;
    for (const compared& f : c.figures) {
        text += "  " + to_the_left(f.title, 56) + to_the_right(as_time(f.first.p50), 10) +
                to_the_right(as_spread(f.first), 8) +
                to_the_right(as_time(f.second.p50), 10) +
                to_the_right(as_spread(f.second), 8) +
                to_the_right(as_ratio(f.ratio.estimate), 10) +
                to_the_right(as_times(f.ratio.low) + " to " + as_times(f.ratio.high), 15) +
                to_the_right(f.noise ? as_percent(*f.noise) : "?", 8);
        static constexpr const char* words[] = {"  cheaper", "  dearer", "  not told apart"};
        text += words[static_cast<std::size_t>(f.what)];
        const bool too_noisy = f.noise && *f.noise > noise_threshold;
        noisy = noisy || too_noisy;
        text += std::string(too_noisy ? ", too noisy" : "") + (f.too_few ? ", too few rounds" : "") + "\n";
        few = few || f.too_few;
        ++count[static_cast<std::size_t>(f.what)];
    }
    text += wrapped(
        std::to_string(count[0]) + " cheaper, " + std::to_string(count[1]) + " dearer, " +
        std::to_string(count[2]) +
        " not told apart. A difference counts when its whole 95 % interval lies beyond the larger noise "
        "figure of the two "
        "runs; about one in twenty that does not exist still shows, so look for those that come again.");
    if (noisy) {
        text += wrapped("Too noisy: a noise figure above " + as_percent(noise_threshold) +
                        " means that one of the runs could not tell the same thing from itself; where it "
                        "says so, measure again.");
    }
    if (few) {
        text += wrapped("Too few rounds: below " + std::to_string(fewest_rounds) +
                        " an interval tells less than it says (of one round, nothing).");
    }
    for (const auto& [names, which] : {std::pair(&c.only_in_first, "A"), std::pair(&c.only_in_second, "B")}) {
        if (!names->empty()) {
            text += wrapped(std::to_string(names->size()) + " figures stand only in " + which +
                            ", the first of them " + names->front() + ".");
        }
    }
    for (const std::string& caution : c.cautions) {
        text += wrapped("Caution: " + caution);
    }
    return text;
}

} // namespace weft::lab

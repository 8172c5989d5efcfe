// SPDX-License-Identifier: MIT
#include "lab/laboratory.hpp"
#include "lab/experiment.hpp"
#include "lab/roster.hpp"
#include "lab/split/split.hpp"
#include "lab/sweeps/sweep.hpp"
#include <algorithm>
#include <chrono>
#include <ctime>
#include <weft/runtime.hpp>

namespace weft::lab {

namespace {

const char* const all_sweeps = "sweeps";
const char* const experiment_names[] = {"latency", "throughput", "switch", "ladder", "split"};

bool names(const std::string& word, const contender_card& card) {
    return word == card.name || word == card.title || card.name.find(word) != std::string::npos;
}

/// --only is a list of experiments and contenders. Naming some of one kind leaves the other kind free.
class choice {
  public:
    explicit choice(const std::vector<std::string>& only) {
        for (const std::string& word : only) {
            if (word == all_sweeps) {
                for (const sweep_entry& sweep : sweep_roster()) {
                    experiments_.push_back(sweep.name);
                }
                continue;
            }
            const auto is_word = [&](const sweep_entry& sweep) { return word == sweep.name; };
            const bool experiment =
                std::count(std::begin(experiment_names), std::end(experiment_names), word) != 0 ||
                std::any_of(sweep_roster().begin(), sweep_roster().end(), is_word);
            (experiment ? experiments_ : contenders_).push_back(word);
        }
    }
    [[nodiscard]] bool takes_experiment(const std::string& name) const {
        return experiments_.empty() || std::count(experiments_.begin(), experiments_.end(), name);
    }
    /// For those that are no contest of contenders: not when only some contenders were asked for.
    [[nodiscard]] bool takes_whole(const std::string& name) const {
        return experiments_.empty() ? contenders_.empty() : takes_experiment(name);
    }
    [[nodiscard]] bool takes(const contender_card& card) const {
        return contenders_.empty() || std::any_of(contenders_.begin(), contenders_.end(),
                                                  [&](const std::string& word) { return names(word, card); });
    }

  private:
    std::vector<std::string> experiments_;
    std::vector<std::string> contenders_;
};

template <class Entry>
std::vector<contender_card> cards_of(const std::vector<Entry>& roster) {
    std::vector<contender_card> cards;
    for (const Entry& e : roster) {
        cards.push_back(e.card);
    }
    return cards;
}

contenders made_from(const std::vector<creation_entry>& roster, const choice& chosen, runtime& tasks) {
    contenders made;
    for (const creation_entry& e : roster) {
        if (chosen.takes(e.card)) {
            made.push_back(e.make(e.card, tasks));
        }
    }
    return made;
}

std::string now_in_utc() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

} // namespace

std::vector<listed_experiment> everything() {
    const std::vector<contender_card> creators = cards_of(creation_roster());
    const std::vector<contender_card> switching = cards_of(switch_roster());
    std::vector<listed_experiment> all = {
        {"latency", "create, run, join: one at a time", creators},
        {"throughput", "create many, then join all", creators},
        {"switch", "hand the right to run to and fro", switching},
        {"ladder", "from a process to a task: every way to create", cards_of(ladder_roster())},
        {"split", "where the time of one creation goes", split_cards()}};
    for (const sweep_entry& sweep : sweep_roster()) {
        all.push_back({sweep.name, sweep.title, {}});
    }
    return all;
}

std::string unknown_in(const std::vector<std::string>& only) {
    for (const std::string& word : only) {
        bool known = word == all_sweeps;
        for (const listed_experiment& e : everything()) {
            known =
                known || word == e.name ||
                (!word.empty() && std::any_of(e.contenders.begin(), e.contenders.end(),
                                              [&](const contender_card& card) { return names(word, card); }));
        }
        if (!known) {
            return "no experiment and no contender is called '" + word + "'";
        }
    }
    return {};
}

lab_report run(const settings& asked, progress& shown) {
    lab_report report;
    report.asked = asked;
    report.started = now_in_utc();
    report.workers = asked.workers != 0 ? asked.workers : usable_cpus();
    report.clock_cost_ns = clock_cost();
    report.machine = examine(report.workers, report.clock_cost_ns);
    const choice chosen(asked.only);
    const auto began = std::chrono::steady_clock::now();
    const interference_watch watch;

    {
        runtime tasks({.workers = report.workers, .name = "lab"});
        const contenders creators = made_from(creation_roster(), chosen, tasks);
        if (!creators.empty() && chosen.takes_experiment("latency")) {
            report.experiments.push_back(measure_latency(creators, asked, report.clock_cost_ns, shown));
        }
        if (!creators.empty() && chosen.takes_experiment("throughput")) {
            report.experiments.push_back(measure_throughput(creators, asked, report.clock_cost_ns, shown));
        }
    }
    if (chosen.takes_experiment("switch")) {
        switchers all;
        for (const switch_entry& e : switch_roster()) {
            if (chosen.takes(e.card)) {
                all.push_back(e.make(e.card));
            }
        }
        if (!all.empty()) {
            report.experiments.push_back(measure_switch(all, asked, shown));
        }
    }
    if (chosen.takes_experiment("ladder")) {
        runtime tasks({.workers = 1, .name = "lab"});
        const contenders rungs = made_from(ladder_roster(), chosen, tasks);
        if (!rungs.empty()) {
            report.experiments.push_back(measure_ladder(rungs, asked, report.clock_cost_ns, shown));
        }
    }
    if (chosen.takes_whole("split")) {
        report.split = measure_split(asked, report.clock_cost_ns, shown);
    }
    for (const sweep_entry& sweep : sweep_roster()) {
        const bool named = std::count(asked.only.begin(), asked.only.end(), sweep.name) != 0 ||
                           std::count(asked.only.begin(), asked.only.end(), all_sweeps) != 0;
        if (chosen.takes_whole(sweep.name) && (named || asked.sweeps || !asked.quick)) {
            report.sweeps.push_back(sweep.measure(asked, report.clock_cost_ns, shown));
        }
    }
    report.around = watch.so_far();
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return report;
}

} // namespace weft::lab

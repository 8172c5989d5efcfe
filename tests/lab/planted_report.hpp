// SPDX-License-Identifier: MIT
// A report with known figures, and texts that no markup must survive.
#pragma once
#include "lab/evaluate.hpp"
#include <utility>

namespace weft::lab {

inline const char* const hostile = "<script>\"&'\\ \x01";

inline experiment_result planted_experiment(double second_factor, double again_factor,
                                            bool with_baseline = true, int rounds = 400) {
    experiment_result e;
    e.name = "latency";
    e.title = std::string("One at a time ") + hostile;
    e.question = "How long?";
    e.unit = "ns per operation";
    e.held_fixed = "everything";
    e.falsified_by = "nothing";
    e.planned_rounds = 400;
    interleaved taken;
    taken.rounds = static_cast<std::size_t>(rounds);
    taken.seconds = 1.5;
    taken.samples.resize(3);
    for (int i = 0; i < rounds; ++i) {
        const double base = 50'000 + 100 * (i * 7 % 11);
        taken.samples[0].push_back(base);
        taken.samples[1].push_back(base * second_factor);
        taken.samples[2].push_back(base * again_factor);
    }
    evaluate(e,
             {{"std_thread", "std::thread", hostile, contender_kind::kernel_thread, 0},
              {"spawn_from_task", "weft::spawn <from a task>", "What.", contender_kind::task, 1}},
             std::move(taken), 0, with_baseline ? "std_thread" : "somebody_else", 1);
    e.skips.push_back({{"cold", "cold & frozen", "", contender_kind::kernel_thread, 2}, hostile});
    return e;
}

inline lab_report planted_report(experiment_result e) {
    lab_report r;
    r.asked.seed = 99;
    r.workers = 2;
    r.started = "2000-01-01T00:00:00Z";
    r.seconds = 2;
    r.clock_cost_ns = 25;
    r.machine.facts = {{"cpu_model", "CPU", hostile}, {"kernel", "Kernel", "Linux 6"}};
    r.machine.cautions = {hostile};
    r.around.stolen = 0.01;
    r.experiments.push_back(std::move(e));
    return r;
}

inline split_share planted_share(const char* name, unsigned place, std::vector<double> samples) {
    split_share s{name, std::string(name) + hostile, hostile, place, std::move(samples), {}};
    s.figures = summarise(s.samples);
    return s;
}

/// One bar of 40 us, half of it the clone call.
inline split_result planted_split() {
    split_result split;
    split.title = "Parts";
    split.question = hostile;
    split.differences = hostile;
    split.exit_told = "Told.";
    split.rounds = split.planned_rounds = 3;
    split_row row{"weft_cold", "weft, cold", hostile, {}, {}, {40'000, 40'000, 40'000}, {}};
    row.parts = {planted_share("clone_call", 5, {20'000, 20'000, 20'000}),
                 planted_share("map", 1, {12'000, 12'000, 12'000}),
                 planted_share("exit", 10, {8000, 8000, 8000})};
    row.beside = {planted_share("mask", 0, {100, 100, 100})};
    row.whole = summarise(row.samples);
    split.rows.push_back(row);
    row.name = "pthread";
    row.title = "real & true";
    row.beside.clear();
    split.rows.push_back(row);
    split.comparisons.push_back({"weft_cold", "pthread", {1.1, 1.0, 1.2}});
    return split;
}

inline sweep_result planted_sweep(bool numeric, double second) {
    sweep_result sweep;
    sweep.name = numeric ? "sweep_stack" : "sweep_guard";
    sweep.title = std::string("A sweep ") + hostile;
    sweep.question = hostile;
    sweep.held_fixed = "all";
    sweep.unit = "ns per operation";
    sweep.axis = "size & kind";
    sweep.numeric = numeric;
    sweep.series = {{"one", "one", hostile, contender_kind::kernel_thread, 0}};
    sweep.points = {{"small <", 1}, {"large", 1024}, {"larger", 4096}};
    for (std::size_t p = 0; p < 2; ++p) {
        const double at = p == 0 ? 10'000 : 10'000 * second;
        sweep.figures.push_back(
            {0, p, {at, at * 1.1, at * 1.2}, summarise(std::vector{at, at * 1.1, at * 1.2})});
    }
    sweep.skips.push_back({{"larger", "larger", "", contender_kind::kernel_thread, 0}, hostile});
    sweep.stopped = "It stopped early.";
    sweep.rounds = 3;
    return sweep;
}

} // namespace weft::lab

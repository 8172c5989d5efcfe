// SPDX-License-Identifier: MIT
// A report with known figures, and texts that no markup must survive.
#pragma once
#include "lab/evaluate.hpp"
#include <utility>

namespace weft::lab {

inline const char* const hostile = "<script>\"&'\\ \x01";

inline experiment_result planted_experiment(double second_factor, double again_factor,
                                            bool with_baseline = true) {
    experiment_result e;
    e.name = "latency";
    e.title = std::string("One at a time ") + hostile;
    e.question = "How long?";
    e.unit = "ns per operation";
    e.held_fixed = "everything";
    e.falsified_by = "nothing";
    e.planned_rounds = 400;
    interleaved taken;
    taken.rounds = 400;
    taken.seconds = 1.5;
    taken.samples.resize(3);
    for (int i = 0; i < 400; ++i) {
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

} // namespace weft::lab

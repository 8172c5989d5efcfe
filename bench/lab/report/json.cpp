// SPDX-License-Identifier: MIT
#include "lab/report/json.hpp"
#include "lab/report/json_writer.hpp"

namespace weft::lab {

namespace {

std::uint64_t count(std::size_t n) {
    return n;
}

void write_figures(json_writer& out, const summary& s) {
    out.begin_object();
    out.member("count", count(s.count));
    out.member("min", s.min);
    out.member("p10", s.p10);
    out.member("p25", s.p25);
    out.member("p50", s.p50);
    out.member("p75", s.p75);
    out.member("p90", s.p90);
    out.member("p99", s.p99);
    out.member("max", s.max);
    out.member("mean", s.mean);
    out.member("mad", s.mad);
    out.member("relative_iqr", s.relative_iqr());
    out.member("relative_mad", s.relative_mad());
    out.end_object();
}

void write_interval(json_writer& out, const interval& r) {
    out.begin_object();
    out.member("estimate", r.estimate);
    out.member("low", r.low);
    out.member("high", r.high);
    out.end_object();
}

void write_card(json_writer& out, const contender_card& card) {
    out.member("name", card.name);
    out.member("title", card.title);
    out.member("kind", name_of(card.kind));
    out.member("what", card.what);
}

void write_contender(json_writer& out, const experiment_result& e, const measured& m) {
    out.begin_object();
    write_card(out, m.card);
    out.key("figures");
    write_figures(out, m.figures);
    if (!e.unit_of_rate.empty()) {
        out.member("per_second", m.figures.p50 > 0 ? 1e9 / m.figures.p50 : 0.0);
    }
    if (m.calls_per_switch > 0) {
        out.member("calls_per_switch", m.calls_per_switch);
    }
    if (m.ratio) {
        out.key("ratio");
        write_interval(out, *m.ratio);
    }
    if (m.stages) {
        out.key("stages");
        out.begin_object();
        out.key("call_returned");
        write_figures(out, m.stages->call_returned);
        out.key("first_instruction");
        write_figures(out, m.stages->first_instruction);
        out.key("end_to_joined");
        write_figures(out, m.stages->end_to_joined);
        out.end_object();
    }
    out.member("verified", true); // a contender that fails its check ends the run without a report
    out.member("samples", std::span<const double>(m.samples));
    out.end_object();
}

void write_noise(json_writer& out, const noise_figure& n) {
    out.begin_object();
    out.member("contender", n.card.name);
    out.member("figure", n.figure);
    out.member("threshold", noise_threshold);
    out.member("too_noisy", n.too_noisy());
    out.key("ratio");
    write_interval(out, n.ratio);
    out.key("figures");
    write_figures(out, n.figures);
    out.member("samples", std::span<const double>(n.samples));
    out.end_object();
}

void write_experiment(json_writer& out, const experiment_result& e) {
    out.begin_object();
    out.member("name", e.name);
    out.member("title", e.title);
    out.member("question", e.question);
    out.member("unit", e.unit);
    out.member("held_fixed", e.held_fixed);
    out.member("falsified_by", e.falsified_by);
    out.member("rounds", count(e.rounds));
    out.member("planned_rounds", count(e.planned_rounds));
    out.member("cut_short", e.cut_short);
    out.member("seconds", e.seconds);
    out.key("baseline");
    e.baseline.empty() ? out.null() : out.value(e.baseline);
    out.key("noise");
    e.noise ? write_noise(out, *e.noise) : out.null();
    out.key("contenders");
    out.begin_array();
    for (const measured& m : e.contenders) {
        write_contender(out, e, m);
    }
    out.end_array();
    out.key("skipped");
    out.begin_array();
    for (const skipped& s : e.skips) {
        out.begin_object();
        write_card(out, s.card);
        out.member("why", s.why);
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

} // namespace

std::string json_report(const lab_report& report) {
    json_writer out;
    out.begin_object();
    out.member("schema", json_schema);
    out.member("started", report.started);
    out.member("seconds", report.seconds);

    out.key("settings");
    out.begin_object();
    out.member("quick", report.asked.quick);
    out.member("rounds", count(report.asked.rounds));
    out.member("batch", count(batch_size(report.asked)));
    out.member("workers", std::uint64_t{report.workers});
    out.member("seed", report.asked.seed);
    out.key("only");
    out.begin_array();
    for (const std::string& word : report.asked.only) {
        out.value(word);
    }
    out.end_array();
    out.end_object();

    out.key("fingerprint");
    out.begin_object();
    for (const fact& f : report.machine.facts) {
        out.member(f.key, f.value);
    }
    out.end_object();

    out.key("cautions");
    out.begin_array();
    for (const std::string& caution : report.machine.cautions) {
        out.value(caution);
    }
    out.end_array();

    out.key("during_the_run");
    out.begin_object();
    out.key("stolen_by_hypervisor");
    report.around.stolen ? out.value(*report.around.stolen) : out.null();
    out.key("used_by_others");
    report.around.others ? out.value(*report.around.others) : out.null();
    out.member("involuntary_switches", report.around.involuntary_switches);
    out.member("load_average_after", report.around.load_after);
    out.end_object();

    out.member("clock_cost_ns", report.clock_cost_ns);
    out.member("too_noisy", report.too_noisy());
    out.key("experiments");
    out.begin_array();
    for (const experiment_result& e : report.experiments) {
        write_experiment(out, e);
    }
    out.end_array();
    out.end_object();
    return out.take();
}

} // namespace weft::lab

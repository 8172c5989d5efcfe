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

void write_share(json_writer& out, const split_share& s) {
    out.begin_object();
    out.member("name", s.name);
    out.member("title", s.title);
    out.member("what", s.what);
    out.key("figures");
    write_figures(out, s.figures);
    out.member("samples", std::span<const double>(s.samples));
    out.end_object();
}

void write_shares(json_writer& out, const char* name, const std::vector<split_share>& shares) {
    out.key(name);
    out.begin_array();
    for (const split_share& s : shares) {
        write_share(out, s);
    }
    out.end_array();
}

void write_split(json_writer& out, const split_result& split) {
    out.begin_object();
    out.member("title", split.title);
    out.member("question", split.question);
    out.member("held_fixed", split.held_fixed);
    out.member("differences", split.differences);
    out.key("missing");
    split.missing.empty() ? out.null() : out.value(split.missing);
    out.member("exit_told", split.exit_told);
    out.member("rounds", count(split.rounds));
    out.member("planned_rounds", count(split.planned_rounds));
    out.member("cut_short", split.cut_short);
    out.member("seconds", split.seconds);
    out.member("clock_cost_ns", split.clock_cost_ns);
    out.key("noise");
    split.noise ? write_noise(out, *split.noise) : out.null();
    out.key("rows");
    out.begin_array();
    for (const split_row& row : split.rows) {
        out.begin_object();
        out.member("name", row.name);
        out.member("title", row.title);
        out.member("what", row.what);
        out.key("whole");
        write_figures(out, row.whole);
        out.member("samples", std::span<const double>(row.samples));
        write_shares(out, "parts", row.parts);
        write_shares(out, "beside", row.beside);
        out.end_object();
    }
    out.end_array();
    out.key("comparisons");
    out.begin_array();
    for (const split_comparison& c : split.comparisons) {
        out.begin_object();
        out.member("replica", c.replica);
        out.member("real", c.real);
        out.key("ratio");
        write_interval(out, c.ratio);
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

void write_sweep(json_writer& out, const sweep_result& sweep) {
    out.begin_object();
    out.member("name", sweep.name);
    out.member("title", sweep.title);
    out.member("question", sweep.question);
    out.member("held_fixed", sweep.held_fixed);
    out.member("unit", sweep.unit);
    out.member("axis", sweep.axis);
    out.member("numeric", sweep.numeric);
    out.key("stopped");
    sweep.stopped.empty() ? out.null() : out.value(sweep.stopped);
    out.key("notes");
    out.begin_array();
    for (const std::string& note : sweep.notes) {
        out.value(note);
    }
    out.end_array();
    out.member("rounds", count(sweep.rounds));
    out.member("cut_short", sweep.cut_short);
    out.member("seconds", sweep.seconds);
    out.key("noise");
    sweep.noise ? write_noise(out, *sweep.noise) : out.null();
    out.key("series");
    out.begin_array();
    for (const contender_card& card : sweep.series) {
        out.begin_object();
        write_card(out, card);
        out.end_object();
    }
    out.end_array();
    out.key("points");
    out.begin_array();
    for (std::size_t p = 0; p < sweep.points.size(); ++p) {
        out.begin_object();
        out.member("label", sweep.points[p].label);
        out.key("x");
        sweep.numeric ? out.value(sweep.points[p].x) : out.null();
        out.key("figures");
        out.begin_array();
        for (std::size_t s = 0; s < sweep.series.size(); ++s) {
            if (const sweep_figure* f = sweep.find(s, p)) {
                out.begin_object();
                out.member("series", sweep.series[s].name);
                out.key("figures");
                write_figures(out, f->figures);
                out.member("samples", std::span<const double>(f->samples));
                out.end_object();
            }
        }
        out.end_array();
        out.end_object();
    }
    out.end_array();
    out.key("skipped");
    out.begin_array();
    for (const skipped& s : sweep.skips) {
        out.begin_object();
        out.member("name", s.card.name);
        out.member("title", s.card.title);
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
    out.member("sweeps", report.asked.sweeps || !report.asked.quick);
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
    out.key("split");
    report.split ? write_split(out, *report.split) : out.null();
    out.key("sweeps");
    out.begin_array();
    for (const sweep_result& sweep : report.sweeps) {
        write_sweep(out, sweep);
    }
    out.end_array();
    out.end_object();
    return out.take();
}

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// The three reports of a known run: readable by strict readers, whatever the texts in them.
#include "html_checker.hpp"
#include "json_reader.hpp"
#include "lab/report/html.hpp"
#include "lab/report/json.hpp"
#include "lab/report/table.hpp"
#include "planted_report.hpp"
#include <gtest/gtest.h>

namespace weft::lab {
namespace {

using test::count_of;
using test::html_breach;

TEST(html_checker, sees_each_kind_of_breach) {
    const std::string head = "<!DOCTYPE html>";
    EXPECT_EQ(html_breach(head + "<p class=\"a\">x &amp; y<br/></p>"), "");
    for (const char* bad : {"<p>", "<p></b>", "</p>", "<p>a < b</p>", "<p>a & b and so on</p>",
                            "<p class=a>x</p>", "<p", "text", "<p title=\"x>y</p>"}) {
        EXPECT_NE(html_breach(head + bad), "") << bad;
    }
    EXPECT_NE(html_breach("<p></p>"), "");
}

TEST(html_report, is_well_formed_and_holds_everything_in_itself) {
    const std::string page = html_report(planted_report(planted_experiment(0.01, 1.01)));
    EXPECT_EQ(html_breach(page), "");
    EXPECT_EQ(count_of(page, "<svg "), 4u);
    EXPECT_EQ(count_of(page, "<figcaption>"), 4u);
    EXPECT_EQ(count_of(page, "http"), 0u) << "nothing may come from elsewhere";
    EXPECT_EQ(count_of(page, "<script"), 0u);
    EXPECT_EQ(count_of(page, "<link"), 0u);
    EXPECT_EQ(count_of(page, "<img"), 0u);
    EXPECT_EQ(count_of(page, "url("), 0u);
    EXPECT_EQ(count_of(page, "@import"), 0u);
    EXPECT_NE(page.find("prefers-color-scheme: dark"), std::string::npos);
    EXPECT_NE(page.find("50.5 \u00b5s"), std::string::npos);
    EXPECT_LT(page.size(), 200'000u);
}

TEST(html_report, of_a_noisy_run_says_so_at_the_top) {
    const std::string page = html_report(planted_report(planted_experiment(0.01, 1.3)));
    const std::size_t said = page.find("too noisy");
    ASSERT_NE(said, std::string::npos);
    EXPECT_LT(said, page.find("<section"));
}

TEST(html_report, stands_without_a_baseline_and_with_one_round) {
    EXPECT_EQ(html_breach(html_report(planted_report(planted_experiment(0.01, 1, false)))), "");
    experiment_result e = planted_experiment(0.01, 1);
    interleaved one;
    one.rounds = 1;
    one.samples = {{100.0}, {0.0}, {100.0}};
    std::vector<contender_card> cards{e.contenders[0].card, e.contenders[1].card};
    e.contenders.clear();
    evaluate(e, cards, one, 0, "std_thread", 1);
    const lab_report r = planted_report(e);
    EXPECT_EQ(html_breach(html_report(r)), "");
    EXPECT_NO_THROW((void)test::json_reader::read(json_report(r)));
    EXPECT_NE(table_report(r), "");
}

TEST(reports, of_one_round_claim_no_steadiness) {
    const lab_report r = planted_report(planted_experiment(0.01, 1, true, 1));
    EXPECT_NE(table_report(r).find("Too few rounds: 1"), std::string::npos) << table_report(r);
    EXPECT_EQ(table_report(r).find(" 0.0 %  "), std::string::npos) << table_report(r);
    EXPECT_NE(html_report(r).find("latency (1 round)"), std::string::npos);
    EXPECT_TRUE(test::json_reader::read(json_report(r))["too_noisy"].truth);
}

TEST(html_report, of_nothing_measured_is_still_a_page) {
    experiment_result e;
    e.name = "latency";
    e.unit = "ns per operation";
    e.skips.push_back({{"a", "a", "", contender_kind::task, 0}, "it is not there"});
    const lab_report r = planted_report(e);
    EXPECT_EQ(html_breach(html_report(r)), "");
    EXPECT_NE(table_report(r).find("not measured: it is not there"), std::string::npos);
}

TEST(json_report, holds_the_figures_the_samples_and_the_machine) {
    const auto j = test::json_reader::read(json_report(planted_report(planted_experiment(0.01, 1.01))));
    EXPECT_EQ(j["schema"].text, json_schema);
    EXPECT_EQ(j["settings"]["seed"].number, 99);
    EXPECT_EQ(j["fingerprint"]["kernel"].text, "Linux 6");
    EXPECT_EQ(j["fingerprint"]["cpu_model"].text, hostile);
    EXPECT_EQ(j["cautions"].items.at(0).text, hostile);
    EXPECT_FALSE(j["too_noisy"].truth);
    const auto& e = j["experiments"].items.at(0);
    EXPECT_EQ(e["baseline"].text, "std_thread");
    EXPECT_EQ(e["contenders"].items.size(), 2u);
    const auto& second = e["contenders"].items[1];
    EXPECT_EQ(second["name"].text, "spawn_from_task");
    EXPECT_EQ(second["kind"].text, "task");
    EXPECT_EQ(second["samples"].items.size(), 400u);
    EXPECT_DOUBLE_EQ(second["figures"]["p50"].number, 505);
    EXPECT_DOUBLE_EQ(second["ratio"]["estimate"].number, 0.01);
    EXPECT_EQ(e["noise"]["contender"].text, "std_thread");
    EXPECT_NEAR(e["noise"]["ratio"]["estimate"].number, 1.01, 1e-9);
    EXPECT_EQ(e["skipped"].items.at(0)["why"].text, hostile);
}

TEST(html_report, has_one_paragraph_under_each_plot_of_split_and_sweeps_too) {
    lab_report r = planted_report(planted_experiment(0.01, 1.01));
    const summary stage = r.experiments[0].contenders[0].figures;
    for (measured& m : r.experiments[0].contenders) {
        m.stages = life_stages{stage, stage, stage};
    }
    r.split = planted_split();
    r.sweeps = {planted_sweep(true, 3), planted_sweep(false, 3)};
    const std::string page = html_report(r);
    EXPECT_EQ(html_breach(page), "");
    EXPECT_EQ(count_of(page, "<svg "), 8u);
    EXPECT_EQ(count_of(page, "<figcaption>"), 8u);
    EXPECT_EQ(count_of(page, "<figcaption></figcaption>"), 0u);
    EXPECT_EQ(count_of(page, "http"), 0u);
    EXPECT_EQ(count_of(page, "class=\"part p5\""), 2u + 1) << "a bar's part in both rows, and in the legend";
    for (const char* id : {"split", "sweep_stack", "sweep_guard"}) {
        EXPECT_EQ(count_of(page, "<section id=\"" + std::string(id) + "\">"), 1u) << id;
    }
}

TEST(reports, stand_when_split_and_sweeps_measured_nothing) {
    lab_report r = planted_report(planted_experiment(0.01, 1.01));
    r.split.emplace();
    r.split->missing = "there is nothing";
    r.sweeps.emplace_back();
    r.sweeps[0].name = "sweep_stack";
    EXPECT_EQ(html_breach(html_report(r)), "");
    EXPECT_NE(html_report(r).find("Not measured: there is nothing."), std::string::npos);
    EXPECT_NE(table_report(r).find("not measured: there is nothing"), std::string::npos);
    EXPECT_NO_THROW((void)test::json_reader::read(json_report(r)));
}

TEST(reports, tell_the_parts_and_the_points) {
    lab_report r = planted_report(planted_experiment(0.01, 1.01));
    r.split = planted_split();
    r.sweeps = {planted_sweep(true, 3)};
    const auto j = test::json_reader::read(json_report(r));
    const auto& row = j["split"]["rows"].items.at(0);
    EXPECT_EQ(row["name"].text, "weft_cold");
    EXPECT_EQ(row["whole"]["p50"].number, 40'000);
    ASSERT_EQ(row["parts"].items.size(), 3u);
    EXPECT_EQ(row["parts"].items[0]["figures"]["p50"].number, 20'000);
    EXPECT_EQ(row["parts"].items[0]["samples"].items.size(), 3u);
    EXPECT_EQ(j["split"]["comparisons"].items.at(0)["ratio"]["estimate"].number, 1.1);
    const auto& sweep = j["sweeps"].items.at(0);
    EXPECT_EQ(sweep["points"].items.size(), 3u);
    EXPECT_EQ(sweep["points"].items[1]["x"].number, 1024);
    EXPECT_EQ(sweep["points"].items[1]["figures"].items.at(0)["series"].text, "one");
    EXPECT_EQ(sweep["points"].items[2]["figures"].items.size(), 0u);
    EXPECT_EQ(sweep["skipped"].items.at(0)["why"].text, hostile);
    EXPECT_EQ(sweep["stopped"].text, "It stopped early.");
    const std::string text = table_report(r);
    for (const char* part : {"weft, cold", "50 %", "12.0 us", "It stopped early.", "33.0 us", "(beside)"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
    EXPECT_EQ(text.find("\u00b5"), std::string::npos) << "a terminal gets us";
}

TEST(table_report, has_a_line_for_everybody_and_the_noise) {
    const std::string text = table_report(planted_report(planted_experiment(0.01, 1.3)));
    for (const char* part : {"std::thread", "weft::spawn", "50.5 us", "505 ns", "0.010x", "Too noisy",
                             "not measured", "Caution:", "Linux 6", "the first once more"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part;
    }
}

} // namespace
} // namespace weft::lab

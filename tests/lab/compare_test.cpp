// SPDX-License-Identifier: MIT
// Two reports held against each other: planted ones whose difference is known, and files that are no reports.
#include "lab/compare.hpp"
#include "lab/report/json.hpp"
#include "lab/report/json_reader.hpp"
#include "planted_report.hpp"
#include <gtest/gtest.h>

namespace weft::lab {
namespace {

/// A report of one run: the second contender takes `factor` of the first's time; A/A differs by `again`.
read_report planted(double factor, double again = 1.01, double all = 1, int rounds = 400) {
    experiment_result e = planted_experiment(factor, again, true, rounds);
    for (measured& m : e.contenders) {
        for (double& s : m.samples) {
            s *= all;
        }
    }
    return read_lab_report(json_report(planted_report(std::move(e))), "planted.json");
}

const compared& figure(const comparison& c, const std::string& name) {
    for (const compared& f : c.figures) {
        if (f.name == name) {
            return f;
        }
    }
    throw std::runtime_error("no figure " + name);
}

TEST(comparison, of_a_report_with_itself_tells_nothing_apart) {
    const comparison c = compare(planted(0.5), planted(0.5));
    ASSERT_EQ(c.figures.size(), 2u);
    for (const compared& f : c.figures) {
        EXPECT_EQ(f.what, finding::not_told_apart) << f.name;
        EXPECT_DOUBLE_EQ(f.ratio.estimate, 1);
        EXPECT_TRUE(f.ratio.contains(1));
    }
    EXPECT_TRUE(c.only_in_first.empty());
    EXPECT_TRUE(c.cautions.empty());
}

TEST(comparison, says_cheaper_and_dearer_beyond_the_noise) {
    EXPECT_EQ(figure(compare(planted(0.5), planted(0.25)), "latency/spawn_from_task").what, finding::cheaper);
    EXPECT_EQ(figure(compare(planted(0.5), planted(1.5)), "latency/spawn_from_task").what, finding::dearer);
    EXPECT_NEAR(figure(compare(planted(0.5), planted(0.25)), "latency/spawn_from_task").ratio.estimate, 0.5,
                1e-9);
    const std::string text = comparison_text(compare(planted(0.5), planted(0.25)), "a.json", "b.json");
    EXPECT_NE(text.find("1 cheaper, 0 dearer, 1 not told apart"), std::string::npos) << text;
    EXPECT_EQ(text.find("oo noisy"), std::string::npos) << text;
}

TEST(comparison, takes_no_difference_within_the_noise_for_one) {
    const comparison c = compare(planted(0.5, 1.3), planted(0.5, 1.01, 1.2));
    const compared& f = figure(c, "latency/std_thread");
    EXPECT_EQ(f.what, finding::not_told_apart) << "20 % beside a noise of 30 %";
    EXPECT_NEAR(*f.noise, 0.3, 0.01);
    EXPECT_NE(comparison_text(c, "a", "b").find("Too noisy"), std::string::npos);
    EXPECT_EQ(figure(compare(planted(0.5), planted(0.5, 1.01, 1.2)), "latency/std_thread").what,
              finding::dearer);
}

TEST(comparison, of_too_few_rounds_tells_nothing_apart_and_says_so) {
    const comparison c = compare(planted(0.5), planted(0.25, 1, 1, 1)); // one sample: an interval without width
    EXPECT_EQ(figure(c, "latency/spawn_from_task").what, finding::not_told_apart);
    const std::string text = comparison_text(c, "a", "b");
    EXPECT_NE(text.find("not told apart, too few rounds"), std::string::npos) << text;
    EXPECT_NE(text.find("Too few rounds: below 8"), std::string::npos) << text;
    EXPECT_FALSE(figure(compare(planted(0.5), planted(0.25, 1, 1, 8)), "latency/spawn_from_task").too_few);
}

TEST(comparison, names_what_only_one_has_and_where_the_machines_differ) {
    read_report other = planted(0.5);
    other.figures.pop_back();
    other.machine.front().second = "another CPU";
    const comparison c = compare(planted(0.5), other);
    EXPECT_EQ(c.only_in_first, std::vector<std::string>{"latency/spawn_from_task"});
    ASSERT_EQ(c.cautions.size(), 1u);
    EXPECT_NE(c.cautions[0].find("another CPU"), std::string::npos);
    other.figures.front().name = "elsewhere/nobody";
    other.figures.resize(1);
    EXPECT_THROW((void)compare(planted(0.5), other), bad_report);
}

std::string refusal_of(const std::string& text) {
    try {
        (void)read_lab_report(text, "x.json");
    } catch (const bad_report& bad) {
        return bad.what();
    }
    return "taken";
}

TEST(report_reader, refuses_what_is_no_report_with_a_sentence) {
    const std::string good = json_report(planted_report(planted_experiment(0.5, 1.01)));
    EXPECT_EQ(refusal_of(good), "taken");
    EXPECT_NE(refusal_of("").find("'x.json' is no JSON: line 1"), std::string::npos);
    EXPECT_NE(refusal_of(good.substr(0, good.size() / 2)).find("is no JSON: line "), std::string::npos);
    EXPECT_NE(refusal_of("[1, 2]").find("names no schema"), std::string::npos);
    EXPECT_NE(refusal_of("{\"schema\": \"weft.lab/9\"}").find("has the schema 'weft.lab/9'"),
              std::string::npos);
    EXPECT_NE(refusal_of("{\"schema\": \"weft.lab/1\"}").find("holds no figures"), std::string::npos);
    const auto with = [](const std::string& samples) {
        return "{\"schema\":\"weft.lab/"
               "1\",\"experiments\":[{\"name\":\"latency\",\"contenders\":[{\"name\":\"a\",\"samples\":" +
               samples + "}]}]}";
    };
    EXPECT_EQ(refusal_of(with("[1, 2, 3]")), "taken");
    EXPECT_NE(refusal_of(with("[]")).find("has no samples of latency/a"), std::string::npos);
    EXPECT_NE(refusal_of(with("[1, -2]")).find("no time"), std::string::npos);
    EXPECT_NE(refusal_of(with("[1, \"2\"]")).find("no time"), std::string::npos);
    EXPECT_NE(refusal_of(with("[1, null]")).find("no time"), std::string::npos);
    EXPECT_THROW((void)read_lab_file("/no/such/file.json"), bad_report);
    EXPECT_THROW((void)read_lab_file("/"), bad_report);
}

TEST(json_reader, takes_every_value_and_refuses_what_the_grammar_refuses) {
    const json_value v =
        read_json(R"( {"a": [1, -2.5e3, true, false, null, "x\"\u00e9\ud83d\ude00\n"], "b": {}} )");
    ASSERT_EQ(v.items_of("a").size(), 6u);
    EXPECT_EQ(v.items_of("a")[1].number, -2500);
    EXPECT_TRUE(v.items_of("a")[2].truth);
    EXPECT_EQ(v.items_of("a")[5].text, "x\"\u00e9\U0001f600\n");
    for (const char* bad : {"",           "{",      "[1,]", "[1 2]", "{\"a\" 1}",
                            "{\"a\":1,}", "{a:1}",  "01",   "1.",    "1e",
                            "-",          "+1",     "nul",  "tru",   "\"\\x\"",
                            "\"\\u12\"",  "\"\t\"", "\"",   "1 2",   "{\"a\":1,\"a\":2}",
                            "1e999"}) {
        EXPECT_THROW((void)read_json(bad), bad_json) << bad;
    }
    EXPECT_THROW((void)read_json(std::string(100, '[') + std::string(100, ']')), bad_json)
        << "nested too deeply";
}

} // namespace
} // namespace weft::lab

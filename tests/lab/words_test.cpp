// SPDX-License-Identifier: MIT
// The sentences say what the figures say.
#include "lab/report/spread.hpp"
#include "lab/report/words.hpp"
#include "planted_report.hpp"
#include <gtest/gtest.h>

namespace weft::lab {
namespace {

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(noise_sentence, says_too_noisy_above_the_threshold_and_only_then) {
    const experiment_result calm = planted_experiment(0.01, 1.01);
    EXPECT_FALSE(calm.noise->too_noisy());
    EXPECT_FALSE(says(noise_sentence(calm), "oo noisy"));
    EXPECT_TRUE(says(noise_sentence(calm), "1.0 %"));

    const experiment_result wild = planted_experiment(0.01, 1.2);
    EXPECT_TRUE(wild.noise->too_noisy());
    EXPECT_TRUE(says(noise_sentence(wild), "Too noisy"));
    EXPECT_TRUE(says(noise_sentence(wild), "20 %"));
    EXPECT_TRUE(planted_report(wild).too_noisy());
}

TEST(noise_sentence, counts_a_second_measurement_that_was_faster_as_well) {
    EXPECT_TRUE(planted_experiment(0.01, 0.8).noise->too_noisy());
}

TEST(noise_sentence, of_too_few_rounds_to_tell_noise_says_so_however_well_they_agree) {
    const experiment_result one = planted_experiment(0.01, 1, true, 1);
    EXPECT_EQ(one.noise->figure, 0); // the same figure twice: an interval without width
    EXPECT_TRUE(one.noise->too_noisy());
    EXPECT_TRUE(says(noise_sentence(one), "Too few rounds: 1, and below 8")) << noise_sentence(one);
    EXPECT_TRUE(says(ratio_paragraph(one), "Not to be told apart from it in this run: weft::spawn"))
        << ratio_paragraph(one);
    EXPECT_TRUE(planted_experiment(0.01, 1, true, 7).noise->too_noisy());
    EXPECT_FALSE(planted_experiment(0.01, 1, true, 8).noise->too_noisy());
}

TEST(spread, of_one_round_is_not_told_and_a_wide_one_fits_its_column) {
    EXPECT_EQ(as_spread(summarise(std::vector<double>{5})), "?");
    EXPECT_EQ(as_spread(summarise(std::vector<double>{5, 5})), "0.0 %");
    EXPECT_EQ(as_spread(summarise(std::vector<double>{1, 1, 3})), "100 %");
    EXPECT_EQ(as_spread(summarise(std::vector<double>{1, 1, 199})), "9900 %");
    EXPECT_EQ(as_spread(summarise(std::vector<double>{1, 1, 20'001})), "10000x");
}

TEST(range_paragraph, names_the_baseline_the_cheapest_and_their_figures) {
    const std::string text = range_paragraph(planted_experiment(0.01, 1));
    EXPECT_TRUE(says(text, "std::thread took 50.5 \u00b5s")) << text;
    EXPECT_TRUE(says(text, "cheapest is weft::spawn <from a task> with 505 ns")) << text;
}

TEST(ratio_paragraph, tells_cheaper_dearer_and_the_same_apart) {
    EXPECT_TRUE(says(ratio_paragraph(planted_experiment(0.01, 1)),
                     "Cheaper than std::thread: weft::spawn <from a task> 100 times"));
    EXPECT_TRUE(
        says(ratio_paragraph(planted_experiment(3, 1)), "Dearer: weft::spawn <from a task> 3.00 times"));
    EXPECT_TRUE(says(ratio_paragraph(planted_experiment(1.02, 1.03)), "Not to be told apart"));
}

TEST(ratio_paragraph, is_empty_without_a_baseline) {
    EXPECT_EQ(ratio_paragraph(planted_experiment(0.01, 1, false)), "");
}

TEST(distribution_paragraph, has_the_percentiles) {
    const std::string text = distribution_paragraph(planted_experiment(0.01, 1));
    EXPECT_TRUE(says(text, "nine in ten took at most 50.9 \u00b5s")) << text;
    EXPECT_TRUE(says(text, "slowest of 400 took 51.0 \u00b5s")) << text;
}

TEST(rounds_paragraph, tells_a_drift) {
    experiment_result e = planted_experiment(0.01, 1);
    for (std::size_t i = 300; i < 400; ++i) {
        e.contenders[0].samples[i] *= 2;
    }
    EXPECT_TRUE(says(rounds_paragraph(e), "100 % up"));
}

TEST(split_paragraph, names_the_largest_parts_and_how_far_the_replica_is_from_the_real_one) {
    const std::string text = split_paragraph(planted_split());
    EXPECT_TRUE(says(text, "weft, cold: 40.0 \u00b5s")) << text;
    EXPECT_TRUE(says(text, "(50 %)")) << text;
    EXPECT_TRUE(says(text, "add up to 100 % of the whole")) << text;
    EXPECT_TRUE(says(text, "1.10 times (1.00 to 1.20) what the real real & true took")) << text;
}

TEST(sweep_paragraph, says_how_the_ends_differ_and_whether_the_run_tells_them_apart) {
    EXPECT_TRUE(says(sweep_paragraph(planted_sweep(true, 3)), "3.00 times"))
        << sweep_paragraph(planted_sweep(true, 3));
    EXPECT_FALSE(says(sweep_paragraph(planted_sweep(true, 3)), "overlap"));
    EXPECT_TRUE(says(sweep_paragraph(planted_sweep(true, 1.02)), "the middle halves overlap"));
    EXPECT_TRUE(says(sweep_paragraph(planted_sweep(false, 3)), "It stopped early."));
    EXPECT_TRUE(says(sweep_paragraph(planted_sweep(false, 3)), "Not measured: larger"));
    EXPECT_TRUE(says(sweep_paragraph(sweep_result{}), "Nothing could be measured"));
}

} // namespace
} // namespace weft::lab

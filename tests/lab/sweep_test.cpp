// SPDX-License-Identifier: MIT
// Each sweep measures every point of every series, or says by name what it left out and why.
#include "lab/cpus.hpp"
#include "lab/sweeps/points.hpp"
#include "lab/sweeps/room.hpp"
#include "lab/sweeps/sweep.hpp"
#include "support/gtest_watchdog.hpp"
#include <gtest/gtest.h>
#include <set>

namespace weft::lab {
namespace {

class each_sweep : public testing::TestWithParam<sweep_entry> {};

TEST_P(each_sweep, measures_every_point_or_says_why_not) {
    progress silent(nullptr);
    const std::vector<unsigned> cpus = allowed_cpus();
    const sweep_result s = GetParam().measure({.quick = true, .rounds = 3}, 25, silent);
    EXPECT_EQ(s.name, GetParam().name);
    for (const std::string& text : {s.title, s.question, s.held_fixed, s.unit, s.axis}) {
        EXPECT_NE(text, "");
    }
    ASSERT_FALSE(s.figures.empty());
    EXPECT_GE(s.rounds, 1u);
    std::set<std::pair<std::size_t, std::size_t>> seen;
    for (const sweep_figure& f : s.figures) {
        ASSERT_LT(f.series, s.series.size());
        ASSERT_LT(f.point, s.points.size());
        EXPECT_TRUE(seen.emplace(f.series, f.point).second) << "measured twice";
        EXPECT_GE(f.samples.size(), s.rounds);
        EXPECT_EQ(f.figures.count, f.samples.size());
        EXPECT_GT(f.figures.p50, 0) << s.series[f.series].title << " at " << s.points[f.point].label;
        EXPECT_LE(f.figures.min, f.figures.p50);
        EXPECT_LE(f.figures.p50, f.figures.p99);
    }
    if (s.skips.empty()) {
        EXPECT_EQ(seen.size(), s.series.size() * s.points.size());
    }
    for (const skipped& skip : s.skips) {
        EXPECT_NE(skip.card.title, "");
        EXPECT_NE(skip.why, "");
    }
    if (s.numeric) {
        for (std::size_t p = 0; p < s.points.size(); ++p) {
            EXPECT_GT(s.points[p].x, p == 0 ? 0 : s.points[p - 1].x);
        }
    }
    EXPECT_TRUE(s.noise);
    EXPECT_EQ(allowed_cpus(), cpus) << "the creator's CPUs were not given back";
}

INSTANTIATE_TEST_SUITE_P(sweeps, each_sweep, testing::ValuesIn(sweep_roster()),
                         [](const auto& of) { return std::string(of.param.name); });

TEST(sweep, fails_when_an_operation_answers_wrongly) {
    EXPECT_THROW(timed_operation(
                     "liar", 0, [] {}, [](cell&) {}),
                 verification_failed);
    EXPECT_GT(timed_operation(
                  "honest", 0, [] {}, [](cell& c) { perform(c); }),
              0);
}

TEST(room, is_never_more_than_was_wanted_and_names_what_bounds_it) {
    const room few = room_for_threads(3, 1);
    EXPECT_LE(few.most, 3u);
    const room all = room_for_threads(std::size_t{1} << 40, 2);
    EXPECT_LT(all.most, std::size_t{1} << 40);
    EXPECT_NE(all.why, "") << "no machine makes so many";
    const room memory = room_for_memory(std::size_t{1} << 60);
    EXPECT_LT(memory.most, std::size_t{1} << 60);
    EXPECT_NE(memory.why.find("available"), std::string::npos);
    EXPECT_EQ(room_for_memory(4096).most, 4096u);
    EXPECT_EQ(room_for_memory(4096).why, "");
}

TEST(bytes, are_written_in_the_unit_that_fits) {
    EXPECT_EQ(as_bytes(16384), "16 KiB");
    EXPECT_EQ(as_bytes(8 << 20), "8 MiB");
    EXPECT_EQ(as_bytes(1 << 30), "1 GiB");
    EXPECT_EQ(as_bytes(1000), "1000 B");
}

} // namespace
} // namespace weft::lab

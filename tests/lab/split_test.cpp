// SPDX-License-Identifier: MIT
// The parts of a creation add up to it: exactly for each single life, planted and real.
#include "lab/split/life.hpp"
#include "lab/split/split.hpp"
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <set>

namespace weft::lab {
namespace {

double of(const split_parts& parts, part which) {
    return parts[static_cast<std::size_t>(which)];
}

life planted_life() {
    life l;
    l.began = 1000;
    l.cache_asked = 1010;
    l.mapped = 1110;
    l.guarded = 1150;
    l.tls_ready = 1350;
    l.record_filled = 1355;
    l.signals_blocked = 1375;
    l.clone_returned = 1675;
    l.started = 1700;
    l.first_instruction = 1875;
    l.set_up = 1975;
    l.signals_open = 1985;
    l.user_code_left = 1995;
    l.leaving = 2045;
    l.end_seen = 2645;
    l.handed_back = 2650;
    l.unmapped = 2950;
    return l;
}

TEST(life, is_split_where_its_moments_say) {
    const split_parts p = parts_of(planted_life(), 250);
    EXPECT_EQ(of(p, part::bookkeeping), 10 + 5 + 5);
    EXPECT_EQ(of(p, part::map), 100);
    EXPECT_EQ(of(p, part::guard), 40);
    EXPECT_EQ(of(p, part::tls), 200);
    EXPECT_EQ(of(p, part::signal_mask), 20 + 10);
    EXPECT_EQ(of(p, part::clone_call), 300);
    EXPECT_EQ(of(p, part::first_instruction), 200);
    EXPECT_EQ(of(p, part::set_up), 100);
    EXPECT_EQ(of(p, part::work), 10);
    EXPECT_EQ(of(p, part::clean_up), 50);
    EXPECT_EQ(of(p, part::exit), 250);
    EXPECT_EQ(of(p, part::wake), 350);
    EXPECT_EQ(of(p, part::unmap), 300);
    EXPECT_EQ(std::accumulate(p.begin(), p.end(), 0.0), 1950);
    EXPECT_EQ(whole_of(planted_life()), 1950);
}

TEST(life, whose_thread_runs_before_the_clone_call_returns_has_no_wait_for_it) {
    life l = planted_life();
    l.clone_returned = 2400;
    const split_parts p = parts_of(l, 250);
    EXPECT_EQ(of(p, part::clone_call), 500);
    EXPECT_EQ(of(p, part::first_instruction), 0);
    EXPECT_EQ(std::accumulate(p.begin(), p.end(), 0.0), whole_of(l));
}

TEST(life, adds_up_whatever_is_missing_or_told_out_of_order) {
    life cached = planted_life();
    cached.mapped = cached.guarded = cached.unmapped = 0;
    life crossed = planted_life();
    crossed.first_instruction = 1300; // another CPU's clock
    for (const life& l : {cached, crossed}) {
        for (const double exit_ns : {0.0, 100.0, 1e18}) {
            const split_parts p = parts_of(l, exit_ns);
            EXPECT_EQ(std::accumulate(p.begin(), p.end(), 0.0), whole_of(l));
            for (const double part_ns : p) {
                EXPECT_GE(part_ns, 0);
            }
        }
    }
    EXPECT_EQ(of(parts_of(cached, 0), part::map), 0);
    EXPECT_EQ(of(parts_of(cached, 0), part::unmap), 0);
}

TEST(split, of_real_threads_adds_up_in_every_round) {
    progress silent(nullptr);
    const split_result split = measure_split({.rounds = 20}, 25, silent);
    if (!split.missing.empty()) {
        GTEST_SKIP() << split.missing;
    }
    ASSERT_EQ(split.rows.size(), split_cards().size());
    for (const split_row& row : split.rows) {
        ASSERT_EQ(row.samples.size(), split.rounds) << row.name;
        for (std::size_t round = 0; round < split.rounds; ++round) {
            double sum = 0;
            for (const split_share& p : row.parts) {
                ASSERT_EQ(p.samples.size(), split.rounds) << row.name << " " << p.name;
                EXPECT_GE(p.samples[round], 0) << row.name << " " << p.name;
                sum += p.samples[round];
            }
            EXPECT_NEAR(sum, row.samples[round], 1) << row.name << " in round " << round;
        }
    }
    EXPECT_EQ(split.comparisons.size(), 2u);
    EXPECT_TRUE(split.noise);
    EXPECT_NE(split.differences.find("replica"), std::string::npos);
}

TEST(split, has_the_parts_that_such_a_thread_must_have) {
    progress silent(nullptr);
    const split_result split = measure_split({.rounds = 20}, 25, silent);
    if (!split.missing.empty()) {
        GTEST_SKIP() << split.missing;
    }
    const auto names = [&](const char* row) {
        std::set<std::string> all;
        for (const split_share& p : split.find(row)->parts) {
            all.insert(p.name);
        }
        return all;
    };
    for (const char* cold : {"weft_cold", "replica_cold"}) {
        for (const char* part_name :
             {"map", "guard", "tls", "signal_mask", "clone_call", "set_up", "clean_up", "exit", "unmap"}) {
            EXPECT_TRUE(names(cold).contains(part_name)) << cold << " " << part_name;
        }
    }
    for (const char* cached : {"weft_cached", "replica_cached"}) {
        EXPECT_FALSE(names(cached).contains("map")) << "a cached block was mapped";
        EXPECT_FALSE(names(cached).contains("unmap"));
        EXPECT_TRUE(names(cached).contains("clone_call"));
    }
}

} // namespace
} // namespace weft::lab

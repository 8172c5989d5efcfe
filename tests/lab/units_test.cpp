// SPDX-License-Identifier: MIT
#include "lab/report/units.hpp"
#include <cmath>
#include <gtest/gtest.h>

namespace weft::lab {
namespace {

TEST(units, three_digits_are_kept_at_every_size) {
    EXPECT_EQ(three_digits(0), "0");
    EXPECT_EQ(three_digits(0.012345), "0.0123");
    EXPECT_EQ(three_digits(1), "1.00");
    EXPECT_EQ(three_digits(9.996), "10.0");
    EXPECT_EQ(three_digits(99.96), "100");
    EXPECT_EQ(three_digits(123.4), "123");
    EXPECT_EQ(three_digits(98765), "98800");
    EXPECT_EQ(three_digits(std::nan("")), "-");
}

TEST(units, a_time_takes_the_unit_that_fits) {
    EXPECT_EQ(as_time(0), "0 ns");
    EXPECT_EQ(as_time(7.25), "7.25 ns");
    EXPECT_EQ(as_time(999.4), "999 ns");
    EXPECT_EQ(as_time(999.6), "1.00 us");
    EXPECT_EQ(as_time(52'100), "52.1 us");
    EXPECT_EQ(as_time(52'100, micro::letter), "52.1 \u00b5s");
    EXPECT_EQ(as_time(4.13e6), "4.13 ms");
    EXPECT_EQ(as_time(2.5e9), "2.50 s");
    EXPECT_EQ(as_time(5e12), "5000 s");
}

TEST(units, a_tick_has_no_empty_digits) {
    EXPECT_EQ(as_tick_time(100), "100 ns");
    EXPECT_EQ(as_tick_time(1000), "1 \u00b5s");
    EXPECT_EQ(as_tick_time(2.5e6), "2.5 ms");
    EXPECT_EQ(as_tick(0.001), "0.001");
    EXPECT_EQ(as_tick(1), "1");
    EXPECT_EQ(as_tick(500), "500");
}

TEST(units, a_rate_is_a_second_over_a_time) {
    EXPECT_EQ(as_rate(1e9), "1.00");
    EXPECT_EQ(as_rate(52'100), "19.2 k");
    EXPECT_EQ(as_rate(100), "10.0 M");
    EXPECT_EQ(as_rate(0), "-");
}

TEST(units, a_ratio_keeps_two_digits_however_small) {
    EXPECT_EQ(as_ratio(1), "1.00x");
    EXPECT_EQ(as_ratio(0.789), "0.79x");
    EXPECT_EQ(as_ratio(0.0996), "0.10x");
    EXPECT_EQ(as_ratio(0.0991), "0.099x");
    EXPECT_EQ(as_ratio(0.00123), "0.0012x");
    EXPECT_EQ(as_ratio(12.34), "12.3x");
    EXPECT_EQ(as_times(0.789), "0.79");
}

TEST(units, a_percentage_has_a_digit_behind_the_point_while_small) {
    EXPECT_EQ(as_percent(0.0123), "1.2 %");
    EXPECT_EQ(as_percent(0.0999), "10 %");
    EXPECT_EQ(as_percent(2.5), "250 %");
}

} // namespace
} // namespace weft::lab

// SPDX-License-Identifier: MIT
#include "lab/report/axis.hpp"
#include "lab/report/svg.hpp"
#include <cmath>
#include <gtest/gtest.h>

namespace weft::lab {
namespace {

TEST(log_axis, puts_equal_factors_at_equal_distances) {
    const log_axis axis(1, 10'000, 0, 400, 0);
    EXPECT_NEAR(axis.place(1), 0, 1e-9);
    EXPECT_NEAR(axis.place(10), 100, 1e-9);
    EXPECT_NEAR(axis.place(1000), 300, 1e-9);
    EXPECT_NEAR(axis.place(10'000), 400, 1e-9);
}

TEST(log_axis, grows_upwards_when_its_pixels_do) {
    const log_axis axis(1, 100, 300, 0, 0);
    EXPECT_NEAR(axis.place(10), 150, 1e-9);
}

TEST(log_axis, draws_what_lies_outside_at_its_end) {
    const log_axis axis(10, 100, 0, 100, 0);
    EXPECT_EQ(axis.place(1), 0);
    EXPECT_EQ(axis.place(0), 0);
    EXPECT_EQ(axis.place(1e9), 100);
}

TEST(log_axis, ticks_are_few_ascending_round_and_inside) {
    const double lows[] = {1e-3, 0.5, 1, 24.9, 90, 1234, 1e6};
    const double spans[] = {1.0, 1.05, 1.5, 3, 8, 40, 1e3, 1e6, 1e9};
    for (const double low : lows) {
        for (const double span : spans) {
            const log_axis axis(low, low * span, 0, 400);
            const std::vector<double> ticks = axis.ticks(8);
            EXPECT_GE(ticks.size(), 2u) << low << " x " << span;
            EXPECT_LE(ticks.size(), 8u) << low << " x " << span;
            for (std::size_t i = 0; i < ticks.size(); ++i) {
                EXPECT_GE(ticks[i], axis.low());
                EXPECT_LE(ticks[i], axis.high());
                EXPECT_TRUE(i == 0 || ticks[i] > ticks[i - 1]);
            }
        }
    }
}

TEST(log_axis, stands_even_on_nonsense) {
    for (const auto& [low, high] :
         {std::pair(0.0, 0.0), std::pair(-5.0, 3.0), std::pair(7.0, 2.0),
          std::pair(std::nan(""), std::nan("")), std::pair(1.0, double{INFINITY})}) {
        const log_axis axis(low, high, 0, 100);
        EXPECT_TRUE(std::isfinite(axis.place(1)));
        EXPECT_LE(axis.ticks(8).size(), 8u);
    }
}

TEST(svg, writes_text_as_entities) {
    svg out(10, 10, "a \"title\"", "<desc>");
    out.begin_group("1 < 2 & 3");
    out.text({1, 2}, "it's <b>", "label");
    out.end_group();
    const std::string text = out.take();
    EXPECT_NE(text.find("aria-label=\"a &quot;title&quot;\""), std::string::npos);
    EXPECT_NE(text.find("<desc>&lt;desc&gt;</desc>"), std::string::npos);
    EXPECT_NE(text.find("1 &lt; 2 &amp; 3"), std::string::npos);
    EXPECT_NE(text.find("it&#39;s &lt;b&gt;"), std::string::npos);
}

TEST(svg, never_writes_a_coordinate_that_is_no_number) {
    svg out(10, 10, "", "");
    out.line({std::nan(""), INFINITY}, {-0.0, 1e-9}, "x");
    const std::string text = out.take();
    EXPECT_EQ(text.find("nan"), std::string::npos);
    EXPECT_EQ(text.find("inf"), std::string::npos);
}

} // namespace
} // namespace weft::lab

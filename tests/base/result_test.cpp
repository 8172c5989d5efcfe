// SPDX-License-Identifier: MIT
#include "base/result.hpp"
#include <cerrno>
#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace {

using weft::base::refusal;
using weft::base::result;

result<std::string> reads(bool works) {
    if (works) {
        return std::string("text");
    }
    return refusal{ENOENT, "open"};
}

TEST(result, holds_a_value_or_why_there_is_none) {
    auto good = reads(true);
    EXPECT_TRUE(good.ok());
    EXPECT_TRUE(static_cast<bool>(good));
    EXPECT_EQ(good.value(), "text");
    good.value() += "s";
    EXPECT_EQ(good.value(), "texts");
    const auto bad = reads(false);
    EXPECT_FALSE(bad.ok());
    EXPECT_FALSE(static_cast<bool>(bad));
    EXPECT_EQ(bad.why().error, ENOENT);
    EXPECT_STREQ(bad.why().call, "open");
}

TEST(result, carries_move_only_values) {
    result<std::unique_ptr<int>> r = std::make_unique<int>(4);
    EXPECT_EQ(*std::move(r.value()), 4);
}

TEST(result, of_nothing_is_success_or_a_refusal) {
    result<void> good;
    EXPECT_TRUE(good.ok());
    result<void> bad = refusal{EAGAIN, "clone3"};
    EXPECT_FALSE(bad);
    EXPECT_EQ(bad.why().error, EAGAIN);
}

TEST(result_death, the_value_of_a_refusal_is_a_panic) {
    EXPECT_DEATH((void)reads(false).value(), "weft: panic: result: value\\(\\) of a refusal \\(result.hpp:[0-9]+\\)");
}

TEST(result_death, a_refusal_without_an_errno_is_a_panic) {
    EXPECT_DEATH((void)result<int>(refusal{}), "weft: panic: result: a refusal needs an errno");
    EXPECT_DEATH((void)result<void>(refusal{}), "weft: panic: result: a refusal needs an errno");
}

} // namespace

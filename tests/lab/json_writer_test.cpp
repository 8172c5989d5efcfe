// SPDX-License-Identifier: MIT
// The writer against a strict reader, and the reader against what is no JSON: a reader that accepts anything
// proves nothing.
#include "json_reader.hpp"
#include "lab/report/json_writer.hpp"
#include <array>
#include <gtest/gtest.h>
#include <limits>

namespace weft::lab {
namespace {

using test::json;
using test::json_reader;

TEST(json_reader, refuses_what_is_no_json) {
    for (const char* bad : {"",
                            " ",
                            "{",
                            "[1,]",
                            "{\"a\":1,}",
                            "{a:1}",
                            "{'a':1}",
                            "[1 2]",
                            "01",
                            "1.",
                            ".5",
                            "+1",
                            "1e",
                            "nan",
                            "NaN",
                            "Infinity",
                            "tru",
                            "\"\\x\"",
                            "\"\\u12\"",
                            "\"a\nb\"",
                            "\"",
                            "[] []",
                            "{\"a\":1 \"b\":2}",
                            "{\"a\":1,\"a\":2}",
                            "[1,,2]",
                            "-",
                            "//x\n1"}) {
        EXPECT_THROW((void)json_reader::read(bad), std::runtime_error) << bad;
    }
}

TEST(json_reader, reads_what_is_json) {
    const json j =
        json_reader::read(R"( {"a": [1, -2.5e3, true, false, null, "x\n\"\u0041"], "b": {}, "c": []} )");
    ASSERT_EQ(j["a"].items.size(), 6u);
    EXPECT_EQ(j["a"].items[1].number, -2500);
    EXPECT_EQ(j["a"].items[5].text, "x\n\"A");
    EXPECT_TRUE(j["b"].members.empty());
}

TEST(json_writer, writes_nested_values_that_read_back) {
    json_writer out;
    out.begin_object();
    out.member("text", "plain");
    out.member("number", 0.1);
    out.member("count", std::uint64_t{18446744073709551615u});
    out.member("truth", true);
    out.key("nothing");
    out.null();
    out.key("list");
    out.begin_array();
    out.value(1.0);
    out.begin_object();
    out.end_object();
    out.begin_array();
    out.end_array();
    out.end_array();
    const std::array<double, 3> samples{1, 2.5, 1e-9};
    out.member("samples", std::span<const double>(samples));
    out.end_object();
    const json j = json_reader::read(out.take());
    EXPECT_EQ(j["text"].text, "plain");
    EXPECT_EQ(j["number"].number, 0.1);
    EXPECT_TRUE(j["truth"].truth);
    EXPECT_EQ(j["nothing"].is, json::kind::null);
    EXPECT_EQ(j["list"].items.size(), 3u);
    ASSERT_EQ(j["samples"].items.size(), 3u);
    EXPECT_EQ(j["samples"].items[2].number, 1e-9);
}

TEST(json_writer, escapes_everything_that_a_string_may_hold) {
    std::string hostile = "quote \" backslash \\ tab \t newline \n bell \a \xc2\xb5s";
    hostile += '\0';
    hostile += "end";
    json_writer out;
    out.value(hostile);
    EXPECT_EQ(json_reader::read(out.take()).text, hostile);
}

TEST(json_writer, replaces_what_is_no_utf8) {
    for (const char* bad : {"\xff", "\xc2", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80"}) {
        json_writer out;
        out.value(std::string("a") + bad + "b");
        const std::string text = json_reader::read(out.take()).text;
        EXPECT_EQ(text.front(), 'a');
        EXPECT_EQ(text.back(), 'b');
        EXPECT_EQ(text.substr(1, 3), "\xef\xbf\xbd");
    }
}

TEST(json_writer, has_no_word_for_infinity_and_writes_null) {
    json_writer out;
    out.begin_array();
    out.value(std::numeric_limits<double>::infinity());
    out.value(std::numeric_limits<double>::quiet_NaN());
    out.end_array();
    const json j = json_reader::read(out.take());
    EXPECT_EQ(j.items.at(0).is, json::kind::null);
    EXPECT_EQ(j.items.at(1).is, json::kind::null);
}

} // namespace
} // namespace weft::lab

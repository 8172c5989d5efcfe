// SPDX-License-Identifier: MIT
// parallel_for and parallel_reduce, with 1, 2 and 8 workers, called by a task and by a foreign thread.
#include "support/gtest_watchdog.hpp"
#include "sync/sides.hpp"
#include <atomic>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

namespace {

WEFT_ON_BOTH_SIDES(parallels);

TEST_P(parallels, visit_each_integer_once_with_any_grain) {
    weft::runtime rt(options());
    as_one(rt, [] {
        for (const std::size_t grain : {0u, 1u, 7u, 5000u}) {
            std::vector<std::atomic<int>> seen(1000);
            weft::parallel_for(0, 1000, [&](int i) { ++seen[static_cast<std::size_t>(i)]; }, grain);
            for (auto& n : seen) {
                EXPECT_EQ(n, 1);
            }
        }
        weft::parallel_for(5, 5, [](int) { FAIL(); });
        weft::parallel_for(6, 5, [](int) { FAIL(); });
    });
}

TEST_P(parallels, visit_elements_and_ranges_as_wide_as_their_type) {
    weft::runtime rt(options());
    as_one(rt, [] {
        std::vector<int> v(777, 1);
        weft::parallel_for(v.begin(), v.end(), [](int& x) { x += 1; });
        EXPECT_EQ(v, std::vector<int>(777, 2));
        std::atomic<int> sum{0}, count{0};
        weft::parallel_for(std::int8_t{-128}, std::int8_t{127}, [&](std::int8_t i) {
            sum += i;
            ++count;
        });
        EXPECT_EQ(count, 255);
        EXPECT_EQ(sum, -255);
        constexpr auto top = std::numeric_limits<std::int64_t>::max();
        std::atomic<std::int64_t> least{top};
        weft::parallel_for(top - 3, top, [&](std::int64_t i) {
            auto was = least.load();
            while (i < was && !least.compare_exchange_weak(was, i)) {
            }
        });
        EXPECT_EQ(least, top - 3);
    });
}

TEST_P(parallels, combine_in_the_order_of_the_range) {
    weft::runtime rt(options());
    as_one(rt, [] {
        std::string want;
        for (int i = 0; i < 300; ++i) {
            want += std::to_string(i) + ' ';
        }
        for (const std::size_t grain : {0u, 1u, 13u, 1000u}) {
            EXPECT_EQ(weft::parallel_reduce(
                          0, 300, std::string(),
                          [](int i) {
                              if (i % 37 == 0) {
                                  weft::yield();
                              }
                              return std::to_string(i) + ' ';
                          },
                          [](std::string a, const std::string& b) { return a += b; }, grain),
                      want);
        }
        EXPECT_EQ(weft::parallel_reduce(0, 0, 42, [](int) { return 1; }, [](int a, int b) { return a + b; }), 42);
        const std::vector<long> v(100, 3);
        EXPECT_EQ(weft::parallel_reduce(v.begin(), v.end(), 0L, [](long x) { return x; }, [](long a, long b) { return a + b; }), 300);
    });
}

TEST_P(parallels, rethrow_the_exception_of_the_leftmost_leaf_when_all_have_ended) {
    weft::runtime rt(options());
    as_one(rt, [] {
        std::atomic<int> ended{0};
        try {
            weft::parallel_for(0, 64,
                               [&](int i) {
                                   if (i % 5 == 2) {
                                       weft::yield();
                                   }
                                   ++ended;
                                   if (i % 10 == 7) {
                                       throw i;
                                   }
                               },
                               1);
            ADD_FAILURE() << "nothing was thrown";
        } catch (int i) {
            EXPECT_EQ(i, 7);
        }
        EXPECT_EQ(ended, 64);
    });
}

} // namespace

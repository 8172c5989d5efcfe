// SPDX-License-Identifier: MIT
// Question: what does a fork cost, when the forked work is a function call?
#pragma once
#include "run/card.hpp"

namespace weft::workload::fib {

inline const card about{
    .name = "fib",
    .question = "What does a fork cost, when the forked work is a function call?",
    .held_fixed = "fib(n) by its definition, a fork for each call above 1 and no cut-off; the elapsed time over all calls",
    .falsified_by = "a wrong fib(n), or a contender that computes small n without forks",
    .sizes = {{"n", 32, 27, 12}},
    .aims = {{"call", 5, 2.6}},
};

constexpr std::uint64_t right_answer(std::uint64_t n) noexcept {
    std::uint64_t a = 0;
    std::uint64_t b = 1;
    for (std::uint64_t i = 0; i < n; ++i) {
        const std::uint64_t next = a + b;
        a = b;
        b = next;
    }
    return a;
}

/// The calls that fib(n) makes, itself among them.
constexpr double calls(std::uint64_t n) noexcept {
    return static_cast<double>(2 * right_answer(n + 1) - 1);
}

} // namespace weft::workload::fib

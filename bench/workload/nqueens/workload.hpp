// SPDX-License-Identifier: MIT
// Question: what does fork-join cost, when every task has several children and a little work of its own?
#pragma once
#include "run/card.hpp"
#include <iterator>

namespace weft::workload::nqueens {

inline const card about{
    .name = "nqueens",
    .question = "What does fork-join cost, when every task has several children and a little work of its own?",
    .held_fixed = "all solutions of n queens, a fork for each place that a queen may take, no cut-off; masks of bits in registers",
    .falsified_by = "a number of solutions that is not the known one",
    .sizes = {{"n", 12, 10, 6}},
};

/// Numbers of solutions: sequence A000170 of the OEIS.
constexpr std::uint64_t right_answer(std::uint64_t n) noexcept {
    constexpr std::uint64_t solutions[] = {1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14'200, 73'712, 365'596};
    return n < std::size(solutions) ? solutions[n] : 0;
}

/// A row of the board: which columns and diagonals are taken.
struct row {
    std::uint32_t all;     // the columns that there are
    std::uint32_t columns; // taken
    std::uint32_t left;    // diagonals, taken
    std::uint32_t right;

    [[nodiscard]] constexpr bool full() const noexcept { return columns == all; }
    [[nodiscard]] constexpr std::uint32_t free() const noexcept { return all & ~(columns | left | right); }
    [[nodiscard]] constexpr row with(std::uint32_t queen) const noexcept {
        return {all, columns | queen, (left | queen) << 1, (right | queen) >> 1};
    }
};

constexpr row first_row(std::uint64_t n) noexcept {
    return {(1u << n) - 1, 0, 0, 0};
}

} // namespace weft::workload::nqueens

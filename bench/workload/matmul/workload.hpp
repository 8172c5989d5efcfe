// SPDX-License-Identifier: MIT
// Question: does fork-join get out of the way of real work?
#pragma once
#include "run/card.hpp"
#include <cstddef>
#include <vector>

namespace weft::workload::matmul {

inline const card about{
    .name = "matmul",
    .question = "Does fork-join get out of the way of real work?",
    .held_fixed = "the product of two matrices of doubles, in tiles of 32 by 32 of the result, a task for each; the same loops in each "
                  "language, so that their compilers are in the figure",
    .falsified_by = "a product that does not carry a vector where both factors carry it",
    .sizes = {{"n", 768, 384, 64}},
};

inline constexpr std::size_t tile = 32;

struct matrices {
    std::size_t n; // a multiple of tile
    std::vector<double> a, b, c;

    /// Small whole numbers: every sum is exact.
    explicit matrices(std::size_t size) : n(size), a(n * n), b(n * n), c(n * n) {
        for (std::size_t i = 0; i < n * n; ++i) {
            a[i] = static_cast<double>(i * 7 % 13);
            b[i] = static_cast<double>(i * 5 % 11);
        }
    }

    [[nodiscard]] std::size_t tiles() const noexcept { return n / tile; }

    /// One tile of the result.
    void work(std::size_t tile_row, std::size_t tile_column) noexcept {
        const std::size_t row = tile_row * tile;
        const std::size_t column = tile_column * tile;
        for (std::size_t i = row; i < row + tile; ++i) {
            for (std::size_t k = 0; k < n; ++k) {
                const double factor = a[i * n + k];
                for (std::size_t j = column; j < column + tile; ++j) {
                    c[i * n + j] += factor * b[k * n + j];
                }
            }
        }
    }

    /// Whether C x is A (B x), for one x.
    [[nodiscard]] bool right() const {
        std::vector<double> x(n), bx(n), abx(n), cx(n);
        for (std::size_t i = 0; i < n; ++i) {
            x[i] = static_cast<double>(i % 3 + 1);
        }
        const auto times = [this](const std::vector<double>& m, const std::vector<double>& v, std::vector<double>& into) {
            for (std::size_t i = 0; i < n; ++i) {
                for (std::size_t j = 0; j < n; ++j) {
                    into[i] += m[i * n + j] * v[j];
                }
            }
        };
        times(b, x, bx);
        times(a, bx, abx);
        times(c, x, cx);
        return abx == cx;
    }
};

} // namespace weft::workload::matmul

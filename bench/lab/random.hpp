// SPDX-License-Identifier: MIT
// A small seeded generator: shuffles the lanes of a round and draws the bootstrap's blocks. The seed is
// printed, so a run can be repeated with the same order. Not std::mt19937 with std::shuffle, whose draw
// differs between libraries. Reference: S. Vigna, splitmix64 (public domain), after G. Steele, D. Lea, C.
// Flood, doi:10.1145/2660193.2660195.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace weft::lab {

/// The finaliser of splitmix64: a bijection in which every bit of the input changes half of the output's.
constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

class random_source {
  public:
    explicit constexpr random_source(std::uint64_t seed) noexcept : state_(seed) {}

    constexpr std::uint64_t next() noexcept { return scramble(state_ += 0x9e3779b97f4a7c15u); }

    /// Evenly from 0 to bound - 1, by the high half of a 128-bit product; bound > 0. The bias is below bound
    /// / 2^64.
    constexpr std::size_t below(std::size_t bound) noexcept {
        __extension__ using wide = unsigned __int128;
        return static_cast<std::size_t>((static_cast<wide>(next()) * bound) >> 64);
    }

    template <class T>
    constexpr void shuffle(std::span<T> items) noexcept {
        for (std::size_t i = items.size(); i > 1; --i) {
            std::swap(items[i - 1], items[below(i)]);
        }
    }

  private:
    std::uint64_t state_;
};

} // namespace weft::lab

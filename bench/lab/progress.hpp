// SPDX-License-Identifier: MIT
// Says on a stream how far the run is: one line that is written over and over on a terminal, else a line
// every few seconds. Called between turns, never inside a timed part, and it makes no thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace weft::lab {

class progress {
  public:
    /// null: says nothing.
    explicit progress(std::FILE* out) noexcept;

    /// `budget_ns`: when the rounds end even if not all were taken.
    void begin(const std::string& what, std::size_t rounds, std::uint64_t budget_ns = ~std::uint64_t{0});
    void at(std::size_t round);
    /// Ends the line; the next output starts on a fresh one.
    void end();

  private:
    void say(std::size_t round, std::uint64_t now);

    std::FILE* const out_;
    const bool terminal_;
    std::string what_;
    std::size_t rounds_ = 0;
    std::uint64_t budget_ns_ = 0;
    std::uint64_t began_ = 0;
    std::uint64_t said_ = 0;
};

} // namespace weft::lab

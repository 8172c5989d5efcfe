// SPDX-License-Identifier: MIT
// What a workload's workload.hpp says about itself. The sizes stand there alone: the driver hands them to every contender, in whatever
// language, as --NAME NUMBER, so that all do the same work.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace weft::workload {

enum class scale { full, quick, tiny }; // tiny: for the tests, which look at the results alone

struct size {
    const char* name;
    std::uint64_t full;
    std::uint64_t quick;
    std::uint64_t tiny;

    [[nodiscard]] std::uint64_t at(scale s) const noexcept {
        return s == scale::full ? full : s == scale::quick ? quick : tiny;
    }
};

/// What weft aims at in one figure; in the figure's unit, for 1 and for 2 workers. 0: nothing was said.
struct aim {
    const char* figure;
    double one_worker;
    double two_workers;
};

struct card {
    const char* name;
    const char* question;
    const char* held_fixed;
    const char* falsified_by;
    std::vector<size> sizes;
    std::vector<aim> aims = {};
    /// Runs of their own, each in a fresh process, that differ in --tasks; their figures are called "NAME: figure".
    std::vector<size> variants = {};
};

} // namespace weft::workload

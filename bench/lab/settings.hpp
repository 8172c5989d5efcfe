// SPDX-License-Identifier: MIT
// What a run of the laboratory is asked to do.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weft::lab {

struct settings {
    bool quick = false;
    std::size_t rounds = 0; // of the latency experiment; the others take a part of it. 0: the usual number
    std::vector<std::string> only = {}; // names of experiments and contenders; empty: all
    std::size_t batch = 0; // how many are created before the first is joined; 0: the usual number
    bool sweeps = false;   // with `quick`: the sweeps too, in their short form; without it they always run
    unsigned workers = 0;  // of the task runtime; 0: as many as CPUs may be used
    std::uint64_t seed = 1;
};

/// Above this the run is too noisy: two measurements of the same thing may differ by more.
inline constexpr double noise_threshold = 0.05;

/// With fewer, an interval from resampling is narrower than the truth; with one it has no width at all, and
/// the run would look quiet. A run that had no time for more counts as too noisy.
inline constexpr std::size_t fewest_rounds = 8;

/// How much of one experiment is done. The budget is a limit, not a promise: an experiment that reaches it
/// stops after the round and says so.
struct extent {
    std::size_t rounds = 1;
    std::size_t warm_up_rounds = 1;
    std::uint64_t budget_ns = ~std::uint64_t{0};
};

/// How many are created before the first is joined.
std::size_t batch_size(const settings& s) noexcept;

extent latency_extent(const settings& s) noexcept;
extent throughput_extent(const settings& s) noexcept;
extent switch_extent(const settings& s) noexcept;
extent ladder_extent(const settings& s) noexcept;
extent split_extent(const settings& s) noexcept;
extent sweep_extent(const settings& s) noexcept;

} // namespace weft::lab

// SPDX-License-Identifier: MIT
#include "lab/settings.hpp"
#include <algorithm>

namespace weft::lab {

namespace {

constexpr std::uint64_t second = 1'000'000'000;

std::size_t latency_rounds(const settings& s) noexcept {
    return s.rounds != 0 ? s.rounds : s.quick ? 800 : 5000;
}

/// One round of the others costs as much as many of the latency experiment.
std::size_t part_of(std::size_t rounds, std::size_t divisor) noexcept {
    return std::max<std::size_t>(rounds / divisor, std::min<std::size_t>(rounds, 20));
}

std::uint64_t budget(const settings& s, std::uint64_t quick_seconds) noexcept {
    return s.quick ? quick_seconds * second : ~std::uint64_t{0};
}

} // namespace

std::size_t batch_size(const settings& s) noexcept {
    return s.batch != 0 ? s.batch : s.quick ? 64 : 256;
}

extent latency_extent(const settings& s) noexcept {
    return {.rounds = latency_rounds(s), .warm_up_rounds = 10, .budget_ns = budget(s, 5)};
}

extent throughput_extent(const settings& s) noexcept {
    return {.rounds = part_of(latency_rounds(s), s.quick ? 20 : 50),
            .warm_up_rounds = 2,
            .budget_ns = budget(s, 4)};
}

extent switch_extent(const settings& s) noexcept {
    return {.rounds = part_of(latency_rounds(s), 20), .warm_up_rounds = 2, .budget_ns = budget(s, 3)};
}

extent split_extent(const settings& s) noexcept {
    return {.rounds = part_of(latency_rounds(s), s.quick ? 4 : 5),
            .warm_up_rounds = 3,
            .budget_ns = budget(s, 2)};
}

extent sweep_extent(const settings& s) noexcept {
    return {.rounds = part_of(latency_rounds(s), s.quick ? 16 : 25),
            .warm_up_rounds = 1,
            .budget_ns = budget(s, 1)};
}

extent ladder_extent(const settings& s) noexcept {
    return {.rounds = part_of(latency_rounds(s), 2), .warm_up_rounds = 3, .budget_ns = budget(s, 4)};
}

} // namespace weft::lab

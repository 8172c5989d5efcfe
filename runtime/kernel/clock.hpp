// SPDX-License-Identifier: MIT
// The monotonic clock in nanoseconds, through the vDSO (about 25 ns, no system call).
#pragma once
#include <cstdint>
#include <ctime>

namespace weft::kernel {

/// Nanoseconds of CLOCK_MONOTONIC. Futex timeouts and timers use the same clock.
inline std::uint64_t monotonic_ns() noexcept {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

/// A deadline that never comes.
inline constexpr std::uint64_t never = ~std::uint64_t{0};

} // namespace weft::kernel

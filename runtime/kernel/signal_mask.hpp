// SPDX-License-Identifier: MIT
// Blocks every signal of this kernel thread for a block of code, glibc's two internal ones (32, 33) included, which its own
// functions would leave open.
#pragma once
#include "kernel/syscall.hpp"
#include <csignal>
#include <cstdint>

namespace weft::kernel {

inline void set_signal_mask(std::uint64_t mask) noexcept {
    (void)system_call(SYS_rt_sigprocmask, SIG_SETMASK, &mask, nullptr, sizeof mask);
}

/// Returns the mask that was in force.
inline std::uint64_t block_all_signals() noexcept {
    const std::uint64_t all = ~std::uint64_t{0};
    std::uint64_t before = 0;
    (void)system_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
    return before;
}

class signals_blocked {
  public:
    /// With `really` false it only reads the mask.
    explicit signals_blocked(bool really = true) noexcept : really_(really) {
        if (really) {
            before_ = block_all_signals();
        } else {
            (void)system_call(SYS_rt_sigprocmask, SIG_SETMASK, nullptr, &before_, sizeof before_);
        }
    }
    ~signals_blocked() {
        if (really_) {
            set_signal_mask(before_);
        }
    }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

    [[nodiscard]] std::uint64_t before() const noexcept { return before_; }

  private:
    std::uint64_t before_ = 0;
    const bool really_;
};

} // namespace weft::kernel

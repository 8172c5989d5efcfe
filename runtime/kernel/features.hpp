// SPDX-License-Identifier: MIT
// What this kernel and this machine can do, each found out by asking, once.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace weft::kernel {

/// How many CPUs this process may use: its affinity mask, bounded by the cgroup's CPU quota (v2 and v1); at least 1. Asked anew
/// on each call.
[[nodiscard]] unsigned usable_cpus() noexcept;

/// madvise(MADV_GUARD_INSTALL), Linux >= 6.13. Asked once.
[[nodiscard]] bool has_guard_advice() noexcept;

/// User code may write the fs base (AT_HWCAP2 bit 1 on x86-64; always on aarch64).
[[nodiscard]] bool has_user_fsbase() noexcept;

/// One finding, for `weft doctor`.
struct finding {
    std::string what;     // "clone3"
    bool present = false;
    std::string detail;   // a version, a number, or what is done instead
    std::string how;      // how it was learnt: "clone3 with a bad size answers EINVAL"
};

/// Asks for everything: kernel version, clone3, rseq, MADV_GUARD_INSTALL, FSGSBASE, futex2, io_uring, CPUs and quota, limits.
/// Allocates; may throw std::bad_alloc.
[[nodiscard]] std::vector<finding> examine_machine();

} // namespace weft::kernel

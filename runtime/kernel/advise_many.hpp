// SPDX-License-Identifier: MIT
// One madvise for many places: process_madvise(2) on ourselves, one entry into the kernel and one flush of the TLBs for all of them.
// Linux >= 6.16 (the descriptor that stands for the caller itself); older kernels refuse, and callers go one by one.
#pragma once
#include "kernel/syscall.hpp"
#include <cstddef>
#include <sys/uio.h>

namespace weft::kernel {

inline constexpr int populate_write_advice = 23;  // MADV_POPULATE_WRITE, Linux 5.14; in glibc's headers since 2.35
inline constexpr int pidfd_self_thread = -10000; // PIDFD_SELF_THREAD, in no header before Linux 6.16

/// How many bytes, from the first place on, the advice was taken for; 0 when it was refused.
inline std::size_t advise_many(const iovec* places, std::size_t count, int advice) noexcept {
    const long done = system_call(SYS_process_madvise, pidfd_self_thread, places, count, advice, 0);
    return done < 0 ? 0 : static_cast<std::size_t>(done);
}

} // namespace weft::kernel

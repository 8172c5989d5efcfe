// SPDX-License-Identifier: MIT
// Guard pages without mappings of their own: madvise(MADV_GUARD_INSTALL), Linux >= 6.13. An access faults as on PROT_NONE memory,
// but the guard is a mark in the page table and not a split of the mapping, so it does not count against vm.max_map_count.
// The mark outlives MADV_DONTNEED; MADV_GUARD_REMOVE or munmap takes it away.
// Reference: madvise(2); Linux mm/madvise.c, madvise_guard_install.
#pragma once
#include "kernel/syscall.hpp"
#include <cerrno>
#include <cstddef>
#include <ctime>
#include <linux/futex.h>
#include <sys/auxv.h>

namespace weft::kernel {

inline constexpr int guard_install_advice = 102; // MADV_GUARD_INSTALL, in no header before Linux 6.13

[[nodiscard]] inline std::size_t page_size() noexcept {
    return getauxval(AT_PAGESZ);
}

/// 0, or -errno. EINVAL: the kernel is older than 6.13, or the memory is locked.
[[nodiscard]] inline int install_guard(void* at, std::size_t size) noexcept {
    return static_cast<int>(system_call(SYS_madvise, at, size, guard_install_advice));
}

/// Whether a read of the page at `at` would fault, found out without faulting: the kernel is asked to compare the word there, and not to wait.
/// (Not by a call that takes a structure from there: valgrind reads that by itself, before the kernel could refuse.)
[[nodiscard]] inline bool is_guarded(const void* at) noexcept {
    const timespec at_once{};
    return system_call(SYS_futex, at, FUTEX_WAIT_PRIVATE, 1, &at_once, nullptr, 0) == -EFAULT;
}

} // namespace weft::kernel

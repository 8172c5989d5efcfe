// SPDX-License-Identifier: MIT
// The thread pointer on aarch64: tpidr_el0, readable from user code.
#pragma once
#include "kernel/arch/aarch64/glibc_layout.hpp"

namespace weft::kernel {

inline char* thread_pointer() noexcept {
    char* tp;
    asm volatile("mrs %0, tpidr_el0" : "=r"(tp));
    return tp;
}

/// From here on every thread_local and all that libc keeps per thread is tp's. The caller touches neither between this and a call of a function
/// that is not inlined: the compiler may keep addresses of the old ones.
inline void set_thread_pointer(char* tp, bool) noexcept {
    asm volatile("msr tpidr_el0, %0" : : "r"(tp) : "memory");
}

} // namespace weft::kernel

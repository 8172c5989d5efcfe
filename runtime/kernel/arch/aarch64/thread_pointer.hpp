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

} // namespace weft::kernel

// SPDX-License-Identifier: MIT
// The thread pointer on x86-64: the fs base. fs:0x10 holds its own address (glibc keeps it so), which is one load, where
// rdfsbase would need a CPU feature and arch_prctl a system call.
#pragma once
#include "kernel/arch/x86_64/glibc_layout.hpp"

namespace weft::kernel {

inline char* thread_pointer() noexcept {
    char* tp;
    asm volatile("movq %%fs:%c1, %0" : "=r"(tp) : "i"(layout::tcb_descriptor));
    return tp;
}

} // namespace weft::kernel

// SPDX-License-Identifier: MIT
// The thread pointer on x86-64: the fs base. fs:0x10 holds its own address (glibc keeps it so), which is one load, where
// rdfsbase would need a CPU feature and arch_prctl a system call. To change it there is no third way: wrfsbase where the kernel allows it
// (CR4.FSGSBASE, told in AT_HWCAP2), else the system call.
#pragma once
#include "kernel/arch/x86_64/glibc_layout.hpp"
#include "kernel/syscall.hpp"

namespace weft::kernel {

inline char* thread_pointer() noexcept {
    char* tp;
    asm volatile("movq %%fs:%c1, %0" : "=r"(tp) : "i"(layout::tcb_descriptor));
    return tp;
}

/// From here on every thread_local and all that libc keeps per thread is tp's. The caller touches neither between this and a call of a function
/// that is not inlined: the compiler may keep addresses of the old ones.
inline void set_thread_pointer(char* tp, bool by_instruction) noexcept {
    if (by_instruction) {
        asm volatile("wrfsbase %0" : : "r"(tp) : "memory");
    } else {
        constexpr int arch_set_fs = 0x1002; // ARCH_SET_FS, asm/prctl.h
        (void)system_call(SYS_arch_prctl, arch_set_fs, tp);
    }
}

} // namespace weft::kernel

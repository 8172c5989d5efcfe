// SPDX-License-Identifier: MIT
// One system call on x86-64, without errno.
//
//   kernel  rax=nr  rdi rsi rdx r10 r8 r9      -> rax   (rcx and r11 destroyed by the instruction)
//   C       rdi rsi rdx rcx r8 r9              -> rax
//
// The fourth argument is the only one that differs (r10 for rcx): `syscall` keeps the return address in
// rcx. Assembly because no C++ construct makes the instruction; libc's syscall() sets errno, which a
// thread without TLS must not touch.
#pragma once

namespace weft::kernel {

/// The kernel's raw answer: -4095..-1 is a negated errno.
inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) noexcept {
    long answer;
    register long r10 asm("r10") = d;
    register long r8 asm("r8") = e;
    register long r9 asm("r9") = f;
    asm volatile("syscall"
                 : "=a"(answer)
                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return answer;
}

} // namespace weft::kernel

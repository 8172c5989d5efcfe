// SPDX-License-Identifier: MIT
// One system call on aarch64, without errno.
//
//   kernel  x8=nr  x0 x1 x2 x3 x4 x5  -> x0     (all other registers kept)
//   C       x0 x1 x2 x3 x4 x5         -> x0
//
// Assembly because no C++ construct makes `svc`; libc's syscall() sets errno, which a thread without
// TLS must not touch.
#pragma once

namespace weft::kernel {

/// The kernel's raw answer: -4095..-1 is a negated errno.
inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) noexcept {
    register long x8 asm("x8") = number;
    register long x0 asm("x0") = a;
    register long x1 asm("x1") = b;
    register long x2 asm("x2") = c;
    register long x3 asm("x3") = d;
    register long x4 asm("x4") = e;
    register long x5 asm("x5") = f;
    asm volatile("svc #0"
                 : "+r"(x0)
                 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                 : "memory");
    return x0;
}

} // namespace weft::kernel

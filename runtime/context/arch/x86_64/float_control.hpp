// SPDX-License-Identifier: MIT
// The floating-point control words of x86-64, for where a task begins or ends without a switch.
//
//   C signature   float_control float_control_now(); void restore_float_control(float_control)
//   kernel        not involved
//
// Assembly because C++ has fegetenv and fesetenv only, which also move what nobody asked for, and cost 30 times as much.
#pragma once
#include <cstdint>

namespace weft::context {

struct float_control {
    std::uint32_t sse = 0x1f80; // as a process starts: round to nearest, nothing trapped, no exception flag
    std::uint16_t x87 = 0x037f;
    friend bool operator==(const float_control&, const float_control&) = default;
};

[[nodiscard]] inline float_control float_control_now() noexcept {
    float_control now;
    asm volatile("stmxcsr %0\n\t" // SSE control word
                 "fnstcw %1"       // x87 control word
                 : "=m"(now.sse), "=m"(now.x87)
                 :
                 : "memory");
    return now;
}

/// Puts `wanted` in force. Without a look whether it is: stmxcsr takes 4 ns here and its reader waits 2 more, both loads together 0.9, also
/// when they change something (bench/micro/float_control_bench.cpp).
inline void restore_float_control(const float_control& wanted) noexcept {
    asm volatile("ldmxcsr %0\n\t" // SSE control word
                 "fldcw %1"        // x87 control word
                 :
                 : "m"(wanted.sse), "m"(wanted.x87)
                 : "memory");
}

} // namespace weft::context

// SPDX-License-Identifier: MIT
// The floating-point control word of aarch64, for where a task begins or ends without a switch.
//
//   C signature   float_control float_control_now(); void restore_float_control(float_control)
//   kernel        not involved
//
// Assembly because C++ has fegetenv and fesetenv only, which also move what nobody asked for.
#pragma once
#include <cstdint>

namespace weft::context {

struct float_control {
    std::uint64_t fpcr = 0; // as a process starts: round to nearest, nothing trapped
    friend bool operator==(const float_control&, const float_control&) = default;
};

[[nodiscard]] inline float_control float_control_now() noexcept {
    float_control now;
    asm volatile("mrs %0, fpcr" // control word
                 : "=r"(now.fpcr)
                 :
                 : "memory");
    return now;
}

/// Puts `wanted` in force. Nearly always it is; a write of the control word holds up what follows it, a read does not.
inline void restore_float_control(const float_control& wanted) noexcept {
    if (float_control_now() == wanted) [[likely]] {
        return;
    }
    asm volatile("msr fpcr, %0" // control word
                 :
                 : "r"(wanted.fpcr)
                 : "memory");
}

} // namespace weft::context

// SPDX-License-Identifier: MIT
// Tells the core that we spin. `isb` waits longer than `yield`, which most cores treat as a no-op.
#pragma once
namespace weft::kernel {
inline void cpu_pause() noexcept { asm volatile("isb" ::: "memory"); }
} // namespace weft::kernel

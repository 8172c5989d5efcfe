// SPDX-License-Identifier: MIT
// Tells the core that we spin, so that it saves power and frees the sibling hyperthread.
#pragma once
namespace weft::kernel {
inline void cpu_pause() noexcept { asm volatile("pause" ::: "memory"); }
} // namespace weft::kernel

// SPDX-License-Identifier: MIT
// What glibc's thread descriptor looks like on aarch64, as far as weft touches it. The descriptor lies before the thread pointer
// (tpidr_el0), at a distance that glibc_facts.cpp finds out; the static TLS lies behind the thread pointer. Every offset is checked
// against the running libc before use.
// Source: glibc sysdeps/aarch64/nptl/tls.h, nptl/descr.h (struct pthread); docs/glibc.md.
#pragma once
#include <cstddef>
#include <cstdint>

namespace weft::kernel::layout {

// tcbhead_t at the thread pointer: dtv, private. Stack and pointer guards are process-wide variables here, nothing to copy.
inline constexpr std::size_t tcb_dtv = 0x00;
// In the descriptor:
inline constexpr std::size_t multiple_threads = 0x00; // int; read by glibc 2.34 and 2.35 only
inline constexpr std::size_t expected_tid = 0xd0;     // 2.36, 2.41

inline constexpr std::size_t list_before_tid = 16;
inline constexpr std::size_t robust_after_tid = 16;
inline constexpr std::size_t cancelhandling_after_robust = 40;
inline constexpr std::size_t specific_after_tid = 0x240;
inline constexpr std::size_t stackblock_after_tid = 0x3c0;

inline constexpr bool descriptor_at_thread_pointer = false;
inline constexpr std::size_t descriptor_sizes[] = {0x720, 0x740}; // candidates: thread pointer - descriptor
inline constexpr std::size_t room_behind = 16;
inline constexpr std::size_t room_before_descriptor = 0xc00;

inline constexpr std::uint32_t rseq_signature = 0xd428bc00;

} // namespace weft::kernel::layout

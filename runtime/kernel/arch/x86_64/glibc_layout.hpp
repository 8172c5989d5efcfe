// SPDX-License-Identifier: MIT
// What glibc's thread descriptor looks like on x86-64, as far as weft touches it. Offsets from the thread pointer, which
// is the descriptor's address (fs:0x10 points to itself). None of this is believed: glibc_facts.cpp checks each against the running
// libc and refuses to make threads when one does not hold.
// Source: glibc sysdeps/x86_64/nptl/tls.h (tcbhead_t), nptl/descr.h (struct pthread); docs/glibc.md.
#pragma once
#include <cstddef>
#include <cstdint>

namespace weft::kernel::layout {

// tcbhead_t: part of the ABI between compiler, ld.so and libc.
inline constexpr std::size_t tcb_self = 0x00;           // "tcb"
inline constexpr std::size_t tcb_dtv = 0x08;
inline constexpr std::size_t tcb_descriptor = 0x10;     // "self"
inline constexpr std::size_t multiple_threads = 0x18;   // int; read by glibc 2.34 and 2.35 only
inline constexpr std::size_t sysinfo = 0x20;
inline constexpr std::size_t stack_guard = 0x28;        // gcc's -fstack-protector reads fs:0x28
inline constexpr std::size_t pointer_guard = 0x30;      // setjmp and atexit mangle with it
inline constexpr std::size_t feature_1 = 0x48;          // unsigned; shadow stack, indirect branch tracking

// struct pthread: where glibc 2.31 to 2.43 have it.
inline constexpr std::size_t expected_tid = 0x2d0;

// Distances that are the same on every machine: members of struct pthread that follow each other.
inline constexpr std::size_t list_before_tid = 16;
inline constexpr std::size_t robust_after_tid = 16;
inline constexpr std::size_t cancelhandling_after_robust = 40;
inline constexpr std::size_t specific_after_tid = 0x240;
inline constexpr std::size_t stackblock_after_tid = 0x3c0;

inline constexpr bool descriptor_at_thread_pointer = true;
// Room for struct pthread behind the thread pointer (0x940 since 2.36, 0x9c0 in 2.35) and what may come.
inline constexpr std::size_t room_behind = 0xc00;
inline constexpr std::size_t room_before_descriptor = 0;

inline constexpr std::uint32_t rseq_signature = 0x53053053;

} // namespace weft::kernel::layout

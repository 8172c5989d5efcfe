// SPDX-License-Identifier: MIT
// A TLS block without a kernel thread: what a green thread needs to have thread_locals, errno, locale, pthread keys, an identity for
// std::mutex and exceptions in flight of its own. Whoever runs code on a kernel thread under such a block's thread pointer is, for the
// compiler and for libc, the block's thread. (thread_block.hpp makes the blocks that have a kernel thread and a stack.)
//
//   free ---- take_own_tls ----> fresh ---- worn by a kernel thread, put off, worn by another ... ---- give_own_tls ----> free
//
// What the block's thread is for the kernel: nobody. Its tid is a number that no kernel thread can have (above PID_MAX_LIMIT, 2^22), so that
// recursive and error-checking mutexes tell owners apart; robust mutexes are seen to by end_own_tls, since the kernel does not know the
// list; priority inheritance works only uncontended, since the kernel cannot lend its priority to nobody; the restartable-sequence area
// says "not registered", so that sched_getcpu asks the kernel.
//
// A block is a mapping of its own, beside its like, so that the kernel sees one area; it stays for its next thread, up to `most_own_tls_kept`.
// Its memory: docs/edges.md, own-tls.
//
// I1  A block is worn by at most one kernel thread, and not while it is free.
// I2  Blocks are on glibc's list as long as they exist: a module loaded meanwhile is initialised in them, and setuid skips them.
// EDGE own-tls: one kernel thread runs under several thread pointers, one after the other.
#pragma once
#include "base/result.hpp"
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

namespace weft::kernel {

struct own_tls;
struct thread;

inline constexpr std::size_t most_own_tls_kept = 1024;

#if defined(WEFT_KERNEL_THREADS_PTHREAD)
inline constexpr bool own_tls_possible = false; // a sanitizer keeps its own record of the kernel thread in TLS
#else
inline constexpr bool own_tls_possible = true;
#endif

/// A block whose thread_locals are fresh. Refused with ENOMEM.
[[nodiscard]] base::result<own_tls*> take_own_tls() noexcept;
/// A block that nobody wears.
void give_own_tls(own_tls* block) noexcept;

[[nodiscard]] char* thread_pointer_of(const own_tls& block) noexcept;

/// First thing under the block: runs f(argument) as its thread, on the stack [stack_low, stack_low + stack_size), guard included.
void live_in_own_tls(own_tls& block, void* stack_low, std::size_t stack_size, std::size_t guard_size, void (*f)(void*), void* argument);

/// Last thing under the block: destructors of thread_locals and pthread keys (user code, may change the kernel thread), then robust mutexes
/// that are still held pass to their next owner with EOWNERDEAD. Done twice it finds nothing left to do.
void end_own_tls(own_tls& block);

/// Makes this kernel thread go on under that thread pointer: its own, or a block's. The caller reads no thread_local and no errno around
/// the call unless through a function that is not inlined. By instruction where the kernel allows it, else by a system call.
void wear_tls(char* thread_pointer) noexcept;

/// How wear_tls is to do it; tests alone say anything but `automatic`.
enum class tls_switch : std::uint8_t { automatic, instruction, system_call };
void choose_tls_switch(tls_switch way) noexcept;

struct own_tls_state {
    std::size_t kept;   // free
    std::size_t blocks; // in all
};
[[nodiscard]] own_tls_state own_tls_blocks() noexcept;

/// In a child of fork(), by thread_block.cpp: all blocks but the forker's are free. Returns the kernel thread that wore the forker's, null
/// when the forker was a plain kernel thread.
[[nodiscard]] thread* free_own_tls_after_fork(pid_t forker) noexcept;

} // namespace weft::kernel

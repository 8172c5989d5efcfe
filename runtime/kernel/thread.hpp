// SPDX-License-Identifier: MIT
// A kernel thread: what pthread_create does, straight on clone(2). The public face is weft/kernel_thread.hpp.
//
// A thread's life, and who owns its record (which lies in the thread's own memory block, see thread_block.hpp):
//
//   block cache -- start --> running --- child ends, kernel clears the word ---> ended -- join / reaper --> block cache
//                  parent      child                                               joiner, or the next start for detached ones
//
// The word `alive` is not 0 from before the clone until the kernel has taken the thread off its stack: CLONE_CHILD_CLEARTID
// makes the kernel write 0 there and wake a futex, as the thread's very last act in user memory. So whoever reads 0 may
// reuse the stack; nobody frees his own. The wake is a shared-futex wake, so the wait must not be FUTEX_PRIVATE.
//
// Two implementations of this header: thread.cpp (raw clone) and pthread_thread.cpp (WEFT_KERNEL_THREADS=pthread, for
// sanitizer builds alone).
#pragma once
#include "base/result.hpp"
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/types.h>

namespace weft::kernel {

using base::refusal;
using base::result;

struct thread;
using thread_function = void (*)(void* argument);

struct thread_options {
    std::size_t stack_size = 128 * 1024;    // bytes that the thread can use; rounded up to pages
    const char* name = nullptr;             // at most 15 bytes are kept; null: the creator's
    std::span<const unsigned> cpus = {};    // empty: the creator's affinity
};

inline constexpr std::size_t smallest_thread_stack = 16 * 1024;

/// Starts f(argument) on a new kernel thread. Refused with EINVAL (a stack below smallest_thread_stack, no such CPU), ENOMEM
/// (memory), EAGAIN (RLIMIT_NPROC, pids.max, threads-max): then nothing is left behind.
[[nodiscard]] result<thread*> start_thread(thread_function f, void* argument, const thread_options& how) noexcept;

/// Blocks the kernel thread until t has ended, then gives its memory back. Once for each thread, or detach_thread.
void join_thread(thread* t) noexcept;

/// Lets t end alone; its memory is taken back when it has.
void detach_thread(thread* t) noexcept;

/// The kernel's thread id, as gettid(2) gives it in the thread.
[[nodiscard]] pid_t tid_of(const thread* t) noexcept;

/// A number that no other thread of this process has or had.
[[nodiscard]] std::uint64_t number_of(const thread* t) noexcept;
[[nodiscard]] std::uint64_t next_thread_number() noexcept;

/// True when the thread has ended (then join_thread does not wait).
[[nodiscard]] bool has_ended(const thread* t) noexcept;

/// The calling thread's record; null on a thread that start_thread did not make.
[[nodiscard]] thread* this_thread() noexcept;

} // namespace weft::kernel

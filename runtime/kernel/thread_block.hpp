// SPDX-License-Identifier: MIT
// The memory of a kernel thread, in one mapping, and the cache of those that are not in use.
//
//   low [ guard page | stack, grows down ... | record | TLS block ] high
//
// Making one costs an mmap, a guard and the first touch of three pages (20 to 30 us); taking one from the cache costs a lock. So the cache keeps
// what has ended, the warmest first, up to `most_cached` blocks. A block that leaves the cache goes back to the kernel.
//
// Detached threads cannot free the stack that they stand on. They put themselves on the list of the dying as their last deed, and the next
// start or trim takes those whose word `alive` the kernel has cleared. Rejected: unmapping one's own stack in assembly (it
// must undo rseq, the robust list and the tid word first, and forbids the cache).
//
// I1  A block is in one place: with a living thread, among the dying, or in the cache.
// I2  A child of fork() has one living thread: the forker. after_fork() puts all others into the cache before anything else
//     looks at it.
#pragma once
#include "kernel/thread_record.hpp"

namespace weft::kernel {

inline constexpr std::size_t most_cached = 256;

/// A block with at least this much stack, its TLS fresh. Refused with ENOMEM.
[[nodiscard]] base::result<thread*> take_block(std::size_t stack_size) noexcept;

/// A block whose thread has ended (alive == 0), or was never started.
void give_block(thread* block) noexcept;

/// A detached thread that is about to leave, or has left.
void leave_for_reaper(thread* block) noexcept;

/// Before the first look at a thread's record: in a fresh child of fork() all threads but the caller have ended (I2).
void notice_fork() noexcept;

/// Gives the memory of all cached blocks back to the kernel; returns how many there were.
std::size_t trim_thread_cache() noexcept;

struct thread_cache_state {
    std::size_t cached;
    std::size_t dying;
    std::size_t blocks; // in all: living, dying, cached
};
[[nodiscard]] thread_cache_state thread_cache() noexcept;

} // namespace weft::kernel

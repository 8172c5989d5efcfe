// SPDX-License-Identifier: MIT
// futex(2): sleep until a 32-bit word changes, wake those who sleep on it.
//
// futex_wait re-reads the word under the kernel's hash-bucket lock, and sleeps only if it still holds
// `expected`; a waker that changes the word first and calls futex_wake second can therefore not be
// missed. It may return for no reason: callers loop on their own condition.
// Private futexes (one address space) are the default. The exception is the CLONE_CHILD_CLEARTID word: the
// kernel wakes it as a shared futex, so it must be waited for as one (see kernel/thread).
// Reference: futex(2); linux kernel/futex/waitwake.c (head comment); U. Drepper, "Futexes Are Tricky".
#pragma once
#include "kernel/clock.hpp"
#include "kernel/syscall.hpp"
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <linux/futex.h>

namespace weft::kernel {

enum class futex_scope : int { private_ = FUTEX_PRIVATE_FLAG, shared = 0 };
enum class futex_outcome { woken_or_changed, timed_out };

/// Sleeps while word == expected, at most until the absolute CLOCK_MONOTONIC time `deadline_ns`. Blocks
/// the kernel thread. Any other answer than woken, changed, interrupted or timed out is a panic.
futex_outcome futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                         std::uint64_t deadline_ns = never,
                         futex_scope scope = futex_scope::private_) noexcept;

/// Wakes at most `count` sleepers; returns how many. The word may already be unmapped or reused: then
/// nobody is woken and nothing is harmed.
int futex_wake(const std::atomic<std::uint32_t>& word, int count,
               futex_scope scope = futex_scope::private_) noexcept;

inline int futex_wake_all(const std::atomic<std::uint32_t>& word,
                          futex_scope scope = futex_scope::private_) noexcept {
    return futex_wake(word, INT_MAX, scope);
}

} // namespace weft::kernel

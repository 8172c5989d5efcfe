// SPDX-License-Identifier: MIT
// The TLS block of a thread: static TLS, thread control block, descriptor; everything that fs (x86-64) or tpidr_el0
// (aarch64) points at. Made in memory of our own, so that it lives and dies with the thread's stack, and used again.
//
//   x86-64     low [ static TLS ........ ][tp: TCB, struct pthread ...... ] high
//   aarch64    low [ ...... struct pthread ][tp: TCB][ static TLS ........ ] high
//
// I1  A block is linked on glibc's list before its TLS is initialised: a module that another thread loads meanwhile is initialised
//     by that thread or by us.
// I2  The descriptor and libc's own TLS segment are never cleared on reuse: they hold libc's caches (tcache, arena), which are
//     worth 9 KB a thread and would be lost. When a block dies its segment waits for the next new one.
// EDGE hand-built-tcb: no public interface makes such a block; docs/glibc.md tells what was checked.
#pragma once
#include "base/result.hpp"
#include <cstddef>
#include <resolv.h>
#undef p_type // <resolv.h> defines it

namespace weft::kernel {

/// Bytes of memory that a block needs, and where in [low, low + size) its thread pointer comes. size includes alignment.
[[nodiscard]] std::size_t tls_block_size() noexcept;
[[nodiscard]] char* thread_pointer_in(char* low) noexcept;

struct stack_bounds {
    void* low;
    std::size_t size;       // guard included
    std::size_t guard_size;
};

/// Makes the block in zeroed memory. Refused with ENOMEM. It has no kernel thread yet.
[[nodiscard]] base::result<void> make_tls(char* thread_pointer, const stack_bounds& stack) noexcept;

/// Fresh thread_locals for the next thread. Refused with ENOMEM: then the block is only fit for drop_tls.
[[nodiscard]] base::result<void> renew_tls(char* thread_pointer) noexcept;

/// In a child of fork(), for a thread that lives on in the parent: its dtv, key values and libc's caches may have been caught in the
/// middle of a change. They are left behind, unfreed; renew_tls then makes all of it anew.
void forget_tls(char* thread_pointer) noexcept;

/// Before the memory goes.
void drop_tls(char* thread_pointer) noexcept;

/// Per start: robust list empty, cancellation off, no key values; by the creator.
void reset_descriptor(char* thread_pointer) noexcept;

/// The stack that pthread_getattr_np tells of.
void set_stack_bounds(char* thread_pointer, const stack_bounds& stack) noexcept;

/// Per start, by code that runs on the block: the global locale, no error, a resolver of its own.
void settle_in_tls(char* thread_pointer, struct __res_state& resolver) noexcept;

/// At the end of user code, by code that runs on the block: the destructors of thread_locals, then those of pthread keys, then what libc
/// holds for the thread. Runs user code. Done twice it finds nothing left to do.
void leave_tls(char* thread_pointer, struct __res_state& resolver);

/// Calls f(argument) in a frame that pthread_exit and pthread_cancel unwind to: when glibc has run the cleanups of every frame above, it
/// returns from here. By code that runs on the block.
void run_with_exit_place(char* thread_pointer, void (*f)(void*), void* argument);

/// Per start: tells libc and the program that they are not single-threaded any more. By the creator, before the clone.
void declare_threads() noexcept;

/// In a child of fork(): whatever another thread of the parent held is free.
void free_tls_locks_after_fork() noexcept;

} // namespace weft::kernel

// SPDX-License-Identifier: MIT
// clone as this runtime uses it: a thread of this process, on a stack and a TLS block that the caller made.
//
// clone3 first; where it answers ENOSYS (Linux < 5.3, qemu-user) or EPERM (seccomp profiles of container engines that predate it),
// clone, and clone from then on. Both answer with the kernel's tid or a negative errno.
// The flags, and what leaving one out would mean:
//   VM FS FILES SIGHAND THREAD   one process: memory, cwd and umask, descriptors, handlers, thread group
//   SYSVSEM                      one System V undo list (semop with SEM_UNDO), as POSIX wants for threads
//   SETTLS                       the thread pointer, before the first instruction
//   PARENT_SETTID                the tid is in its place before the child runs
//   CHILD_CLEARTID               the kernel clears the word and wakes a futex when the child has left its memory
// Reference: clone(2); glibc nptl/pthread_create.c (create_thread) uses the same set.
#pragma once
#include <cstddef>
#include <linux/sched.h>
#include <sys/types.h>

namespace weft::kernel {

struct clone_thread_request {
    void* stack_low;
    std::size_t stack_size; // stack_low + stack_size is 16-byte aligned
    void* thread_pointer;
    pid_t* parent_tid;
    void* cleared_word; // 4 bytes
    void (*entry)(void* argument); // never returns
    void* argument;
};

inline constexpr unsigned long thread_clone_flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                                                    CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

/// The tid, or -errno.
[[nodiscard]] long clone_thread(const clone_thread_request& request) noexcept;

/// Which call clone_thread uses by now: "clone3", or "clone" with the reason why.
[[nodiscard]] const char* clone_call_in_use() noexcept;

} // namespace weft::kernel

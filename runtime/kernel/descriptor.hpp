// SPDX-License-Identifier: MIT
// Descriptors closed and duplicated by the bare system call.
//
// ThreadSanitizer keeps an account of descriptors, and must hear of each close: otherwise, when the kernel gives the number out again, the
// user's next open looks like a race with the last one. It offers a word for system calls that it does not see.
// Reference: compiler-rt include/sanitizer/linux_syscall_hooks.h.
#pragma once
#include "base/sanitizers.hpp"
#include "kernel/syscall.hpp"
#include <fcntl.h>

#if defined(WEFT_THREAD_SANITIZER)
extern "C" void __sanitizer_syscall_pre_impl_close(long descriptor);
#endif

namespace weft::kernel {

/// Nothing when it is negative. Not for a child that shares its parent's memory (process_child.cpp, which no sanitizer may watch): there the
/// account is the parent's.
inline void close_descriptor(int descriptor) noexcept {
    if (descriptor < 0) {
        return;
    }
#if defined(WEFT_THREAD_SANITIZER)
    __sanitizer_syscall_pre_impl_close(descriptor);
#endif
    (void)system_call(SYS_close, descriptor);
}

/// Another descriptor of the same file, closed at exec; or -errno.
[[nodiscard]] inline int duplicate_descriptor(int descriptor) noexcept {
    return static_cast<int>(system_call(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, 0));
}

} // namespace weft::kernel

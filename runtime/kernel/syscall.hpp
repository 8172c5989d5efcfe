// SPDX-License-Identifier: MIT
// The door to the kernel: raw_syscall() of this machine's arch folder, with pointers and integers of
// every width accepted. Answers are the kernel's own (negative errno); errno is never touched, so these
// calls work in a thread that has no TLS yet or no TLS any more.
#pragma once
#if defined(__x86_64__)
#include "kernel/arch/x86_64/pause.hpp"
#include "kernel/arch/x86_64/syscall.hpp"
#elif defined(__aarch64__)
#include "kernel/arch/aarch64/pause.hpp"
#include "kernel/arch/aarch64/syscall.hpp"
#else
#error "weft has no runtime/kernel/arch/ folder for this machine"
#endif
#include <cstddef>
#include <sys/syscall.h>
#include <type_traits>

namespace weft::kernel {

template <class T>
long as_register(T value) noexcept {
    if constexpr (std::is_pointer_v<T>) {
        return reinterpret_cast<long>(value);
    } else if constexpr (std::is_null_pointer_v<T>) {
        return 0;
    } else {
        return static_cast<long>(value);
    }
}

/// system_call(SYS_futex, &word, ...): the kernel's answer, -errno when it refused.
template <class... Arguments>
long system_call(long number, Arguments... arguments) noexcept {
    static_assert(sizeof...(Arguments) <= 6);
    return raw_syscall(number, as_register(arguments)...);
}

} // namespace weft::kernel

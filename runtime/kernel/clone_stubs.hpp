// SPDX-License-Identifier: MIT
// The doors of arch/<machine>/raw_clone.cpp that do not return twice: the child calls fn(arg) and exits with its result. Both
// answer with the tid or -errno.
#pragma once
#include <cstddef>

extern "C" {
long weft_clone_call(unsigned long flags, void* stack, void* parent_tid, void* child_tid, unsigned long tls, int (*fn)(void*),
                     void* arg) noexcept;
long weft_clone3_call(const void* arguments, std::size_t size, int (*fn)(void*), void* arg) noexcept;
}

// SPDX-License-Identifier: MIT
// Stacks for tasks: slabs of equal stacks in one mapping each, a guard page below every stack, last in first out.
#pragma once
#include "base/result.hpp"
#include "kernel/lock.hpp"
#include <cstddef>

namespace weft::context {

struct stack_pool_options {
    std::size_t stack_size = 64 * 1024; // bytes, guard page included
};

class stack_pool {
  public:
    explicit stack_pool(stack_pool_options options);
    ~stack_pool();
    stack_pool(const stack_pool&) = delete;
    stack_pool& operator=(const stack_pool&) = delete;

    /// Puts up to `wanted` stack tops (16-byte aligned) into `into`; returns how many, 0 with *why filled when the kernel refuses.
    [[nodiscard]] std::size_t acquire(void** into, std::size_t wanted, base::refusal* why) noexcept;
    /// Takes stacks back; the last in `tops` is the warmest.
    void release(void** tops, std::size_t count) noexcept;
    /// Bytes below a top that may be used.
    [[nodiscard]] std::size_t usable_size() const noexcept;
};

} // namespace weft::context

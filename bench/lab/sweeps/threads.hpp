// SPDX-License-Identifier: MIT
// The two kinds of thread that the sweeps make with attributes.
#pragma once
#include "lab/cell.hpp"
#include <cstddef>
#include <span>

namespace weft::lab {

enum class wait_how { parks, spins };

/// pthread_create, and pthread_join or a loop of pthread_tryjoin_np. stack_size 0: the default. Throws
/// std::system_error.
void by_pthread(cell& c, std::size_t stack_size, std::span<const unsigned> cpus = {},
                wait_how how = wait_how::parks);

/// weft::kernel_thread on the kernel floor's own interface. Throws std::system_error.
void by_kernel_thread(cell& c, std::size_t stack_size, std::span<const unsigned> cpus = {},
                      wait_how how = wait_how::parks);

/// Empties the cache of blocks, where there is one.
void empty_block_cache() noexcept;
/// False in a build that takes its threads from pthread_create.
[[nodiscard]] bool has_block_cache() noexcept;

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// Numbers for kernel threads: unique for the life of the process, where the kernel's ids come again.
#include "kernel/thread.hpp"
#include <atomic>

namespace weft::kernel {

std::uint64_t next_thread_number() noexcept {
    static constinit std::atomic<std::uint64_t> next{1};
    // mo: relaxed: only the numbers must differ.
    return next.fetch_add(1, std::memory_order_relaxed);
}

} // namespace weft::kernel

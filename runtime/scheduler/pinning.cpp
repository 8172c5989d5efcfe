// SPDX-License-Identifier: MIT
#include "scheduler/pinning.hpp"
#include "kernel/syscall.hpp"
#include <array>
#include <sched.h>

namespace weft::scheduler {

namespace {
/// The process's mask, taken by the first caller before it pins itself: pinned threads would only see their own CPU.
struct original_mask {
    std::array<unsigned long, 128> bits{}; // 8192 CPUs, the largest NR_CPUS of today's kernels
    unsigned count = 0;
    original_mask() noexcept {
        const long bytes = kernel::system_call(SYS_sched_getaffinity, 0, sizeof bits, bits.data());
        if (bytes > 0) {
            for (unsigned long word : bits) {
                count += static_cast<unsigned>(__builtin_popcountl(word));
            }
        }
    }
};
} // namespace

void pin_to_nth_cpu(unsigned n) noexcept {
    static const original_mask mask;
    if (mask.count == 0) {
        return;
    }
    n %= mask.count;
    std::array<unsigned long, 128> one{};
    for (std::size_t i = 0; i < mask.bits.size(); ++i) {
        for (unsigned bit = 0; bit < 8 * sizeof(unsigned long); ++bit) {
            if ((mask.bits[i] >> bit & 1) != 0 && n-- == 0) {
                one[i] = 1ul << bit;
                (void)kernel::system_call(SYS_sched_setaffinity, 0, sizeof one, one.data());
                return;
            }
        }
    }
}

} // namespace weft::scheduler

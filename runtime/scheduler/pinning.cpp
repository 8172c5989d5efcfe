// SPDX-License-Identifier: MIT
#include "scheduler/pinning.hpp"
#include "kernel/syscall.hpp"
#include <array>

namespace weft::scheduler {

namespace {
constexpr unsigned bits_a_word = 8 * sizeof(unsigned long);
using cpu_mask = std::array<unsigned long, 8192 / bits_a_word>; // 8192: the largest NR_CPUS that x86-64 and aarch64 kernels take
} // namespace

std::vector<unsigned> cpus_of_this_thread() {
    cpu_mask mask{};
    std::vector<unsigned> cpus;
    if (kernel::system_call(SYS_sched_getaffinity, 0, sizeof mask, mask.data()) <= 0) {
        return cpus; // a kernel with still more CPUs: nobody is pinned
    }
    for (unsigned cpu = 0; cpu < mask.size() * bits_a_word; ++cpu) {
        if ((mask[cpu / bits_a_word] >> cpu % bits_a_word & 1) != 0) {
            cpus.push_back(cpu);
        }
    }
    return cpus;
}

void pin_this_thread(unsigned cpu) noexcept {
    cpu_mask one{};
    one[cpu / bits_a_word] = 1ul << cpu % bits_a_word;
    (void)kernel::system_call(SYS_sched_setaffinity, 0, sizeof one, one.data());
}

} // namespace weft::scheduler

// SPDX-License-Identifier: MIT
// The questions that the runtime itself asks; the whole list for `weft doctor` is in machine_report.cpp.
#include "kernel/features.hpp"
#include "kernel/cgroup.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/memory.hpp"
#include <atomic>
#include <bit>
#include <cstdint>
#include <sys/auxv.h>
#include <sys/mman.h>

namespace weft::kernel {

namespace {

unsigned cpus_of_affinity_mask() noexcept {
    std::uint64_t mask[1024] = {}; // 65,536 CPUs; the kernel refuses a mask that is too small for the machine
    const long bytes = system_call(SYS_sched_getaffinity, 0, sizeof mask, mask);
    unsigned cpus = 0;
    for (long i = 0; i * 8 < bytes; ++i) {
        cpus += static_cast<unsigned>(std::popcount(mask[i]));
    }
    return cpus;
}

/// Some emulators answer 0 to any madvise, so the guard is really installed, on a page of our own, and proven.
bool ask_guard_advice() noexcept {
    const long page = map_memory(page_size());
    if (page < 0 && page > -4096) {
        return false;
    }
    auto* const scratch = reinterpret_cast<void*>(page);
    const bool present = install_guard(scratch, page_size()) == 0 && is_guarded(scratch);
    unmap_memory(scratch, page_size());
    return present;
}

} // namespace

unsigned usable_cpus() noexcept {
    const unsigned allowed = cpus_of_affinity_mask();
    const unsigned quota = cgroup_cpus();
    const unsigned cpus = quota != 0 && quota < allowed ? quota : allowed;
    return cpus == 0 ? 1 : cpus;
}

bool has_guard_advice() noexcept {
    static std::atomic<int> known{0}; // 0 not asked, 1 no, 2 yes; asking twice does no harm
    // mo: relaxed: the answer is all there is.
    int answer = known.load(std::memory_order_relaxed);
    if (answer == 0) {
        answer = ask_guard_advice() ? 2 : 1;
        // mo: relaxed: as above.
        known.store(answer, std::memory_order_relaxed);
    }
    return answer == 2;
}

bool has_user_fsbase() noexcept {
#if defined(__x86_64__)
    return (getauxval(AT_HWCAP2) >> 1 & 1) != 0; // HWCAP2_FSGSBASE, arch/x86/include/uapi/asm/hwcap2.h
#else
    return true; // tpidr_el0 is the program's own
#endif
}

} // namespace weft::kernel

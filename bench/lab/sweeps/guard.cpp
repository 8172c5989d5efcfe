// SPDX-License-Identifier: MIT
// Question: what does the guard page of a fresh stack cost, by the way it is made? The operation is a stack's
// whole life without a thread: map, guard, touch the topmost page, unmap. That the guard is there is asked of
// the kernel, untimed.
#include "kernel/clock.hpp"
#include "kernel/features.hpp"
#include "kernel/guard_page.hpp"
#include "lab/sweeps/points.hpp"
#include "lab/sweeps/sweep.hpp"
#include <algorithm>
#include <sys/mman.h>
#include <system_error>

namespace weft::lab {

namespace {

constexpr std::size_t stack_size = 256 << 10;

enum class method { none, mprotect, advice, inaccessible_first };

long demand(long answer, const char* call) {
    if (answer < 0 && answer > -4096) {
        throw std::system_error(static_cast<int>(-answer), std::generic_category(), call);
    }
    return answer;
}

double one_stack(method how, double clock_cost_ns) {
    using kernel::system_call;
    const std::size_t page = kernel::page_size();
    const std::uint64_t begin = kernel::monotonic_ns();
    const int access = how == method::inaccessible_first ? PROT_NONE : PROT_READ | PROT_WRITE;
    char* low = reinterpret_cast<char*>(
        demand(system_call(SYS_mmap, nullptr, stack_size, access,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0),
               "mmap"));
    switch (how) {
    case method::none:
        break;
    case method::mprotect:
        demand(system_call(SYS_mprotect, low, page, PROT_NONE), "mprotect");
        break;
    case method::advice:
        demand(kernel::install_guard(low, page), "madvise(MADV_GUARD_INSTALL)");
        break;
    case method::inaccessible_first:
        demand(system_call(SYS_mprotect, low + page, stack_size - page, PROT_READ | PROT_WRITE), "mprotect");
        break;
    }
    *const_cast<volatile char*>(low + stack_size - 1) = 1;
    const std::uint64_t touched = kernel::monotonic_ns();
    if (kernel::is_guarded(low) != (how != method::none)) {
        throw verification_failed("a guard page is not as it was made");
    }
    const std::uint64_t again = kernel::monotonic_ns();
    demand(system_call(SYS_munmap, low, stack_size), "munmap");
    const std::uint64_t end = kernel::monotonic_ns();
    return std::max(static_cast<double>(touched - begin + (end - again)) - 2 * clock_cost_ns, 0.0);
}

} // namespace

sweep_result sweep_guard(const settings& asked, double clock_cost_ns, progress& shown) {
    sweep_result result;
    result.name = "sweep_guard";
    result.title = "A stack by the way its guard page is made";
    result.question =
        "What does a fresh stack cost (map, guard, first touch, unmap), by the way its guard page is made?";
    result.held_fixed = "256 KiB, one page touched, one page of guard";
    result.unit = "ns per stack";
    result.axis = "guard";
    result.series = {{"stack", "a stack", "mmap, guard, touch, munmap", contender_kind::kernel_thread, 0}};
    result.points = {
        {"no guard", 0}, {"mprotect", 0}, {"MADV_GUARD_INSTALL", 0}, {"PROT_NONE, then the rest", 0}};
    std::vector<sweep_lane> lanes;
    for (const method how : {method::none, method::mprotect, method::advice, method::inaccessible_first}) {
        const auto point = static_cast<std::size_t>(how);
        if (how == method::advice && !kernel::has_guard_advice()) {
            result.skips.push_back({{"advice", "MADV_GUARD_INSTALL", "", contender_kind::kernel_thread, 0},
                                    "this kernel does not know it (Linux 6.13 does)"});
            continue;
        }
        lanes.push_back({0, point, [=] { return one_stack(how, clock_cost_ns); }});
    }
    measure_points(result, lanes, sweep_extent(asked), asked.seed, shown);
    return result;
}

} // namespace weft::lab

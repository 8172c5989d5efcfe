// SPDX-License-Identifier: MIT
// Question: does a larger stack make a thread dearer? Reserving address space should not; touching it would.
#include "lab/sweeps/points.hpp"
#include "lab/sweeps/sweep.hpp"
#include "lab/sweeps/threads.hpp"
#include <algorithm>

namespace weft::lab {

sweep_result sweep_stack(const settings& asked, double clock_cost_ns, progress& shown) {
    sweep_result result;
    result.name = "sweep_stack";
    result.title = "A thread by the size of its stack";
    result.question = "Does a thread with a larger stack cost more, when it uses no more of it?";
    result.held_fixed = "the work, one at a time; an untimed operation before each timed one";
    result.unit = "ns per operation";
    result.axis = "bytes of stack";
    result.numeric = true;
    constexpr auto thread = contender_kind::kernel_thread;
    result.series = {
        {"kernel_thread_cold", "kernel_thread, cold", "its block is mapped anew", thread, 0},
        {"kernel_thread_cached", "kernel_thread, cached", "its block was used before", thread, 1},
        {"pthread_create", "pthread_create", "glibc keeps up to 40 MiB of stacks", thread, 2}};
    std::vector<std::size_t> sizes = {16 << 10, 128 << 10, 1 << 20, 8 << 20, 64 << 20};
    if (!asked.quick) {
        sizes.insert(sizes.end(), {std::size_t{32} << 10, std::size_t{512} << 10, std::size_t{256} << 20});
        std::sort(sizes.begin(), sizes.end());
    }
    std::vector<sweep_lane> lanes;
    for (std::size_t p = 0; p < sizes.size(); ++p) {
        const std::size_t size = sizes[p];
        result.points.push_back({as_bytes(static_cast<double>(size)), static_cast<double>(size)});
        if (has_block_cache()) {
            lanes.push_back({0, p, [=] {
                                 return timed_operation("kernel_thread", clock_cost_ns, &empty_block_cache,
                                                        [=](cell& c) { by_kernel_thread(c, size); });
                             }});
        }
        lanes.push_back({1, p, [=] {
                             return timed_operation(
                                 "kernel_thread", clock_cost_ns, [] {},
                                 [=](cell& c) { by_kernel_thread(c, size); });
                         }});
        lanes.push_back({2, p, [=] {
                             return timed_operation(
                                 "pthread_create", clock_cost_ns, [] {},
                                 [=](cell& c) { by_pthread(c, size); });
                         }});
    }
    if (!has_block_cache()) {
        result.skips.push_back({result.series[0], "this build takes kernel threads from pthread_create"});
    }
    measure_points(result, lanes, sweep_extent(asked), asked.seed, shown);
    return result;
}

} // namespace weft::lab

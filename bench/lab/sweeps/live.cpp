// SPDX-License-Identifier: MIT
// Question: does one more thread cost more when many live? The others are weft::kernel_threads with stacks of
// 16 KiB, parked on one futex; one more is made and joined beside them. Goes as far as the machine's limits
// allow, and says which one stopped it.
#include "kernel/features.hpp"
#include "kernel/futex.hpp"
#include "lab/sweeps/points.hpp"
#include "lab/sweeps/room.hpp"
#include "lab/sweeps/sweep.hpp"
#include "lab/sweeps/threads.hpp"
#include <algorithm>
#include <system_error>
#include <weft/kernel_thread.hpp>

namespace weft::lab {

namespace {

/// Threads that do nothing until they are let go.
class parked_threads {
  public:
    ~parked_threads() {
        gate_.store(1, std::memory_order_release); // mo: release -> the acquire below, by convention: nothing
                                                   // is published
        kernel::futex_wake_all(gate_);
        for (kernel_thread& t : threads_) {
            t.join();
        }
        empty_block_cache();
    }

    /// Throws std::system_error when the kernel makes no more; those that are there stay.
    void grow_to(std::size_t count) {
        threads_.reserve(count);
        while (threads_.size() < count) {
            threads_.emplace_back(kernel_thread_attributes{.stack_size = 16 << 10}, [this] {
                parked_.fetch_add(1, std::memory_order_relaxed); // mo: relaxed: a count
                // mo: acquire -> the destructor's release.
                while (gate_.load(std::memory_order_acquire) == 0) {
                    kernel::futex_wait(gate_, 0);
                }
            });
        }
        while (parked_.load(std::memory_order_relaxed) < count) { // mo: relaxed: a count
            (void)kernel::system_call(SYS_sched_yield);
        }
    }
    [[nodiscard]] std::size_t count() const noexcept { return threads_.size(); }

  private:
    std::atomic<std::uint32_t> gate_{0}; // atomic, see mo
    std::atomic<std::size_t> parked_{0}; // atomic: a count
    std::vector<kernel_thread> threads_;
};

std::string as_count(std::size_t n) {
    return n >= 1000 && n % 1000 == 0 ? std::to_string(n / 1000) + "k" : std::to_string(n);
}

} // namespace

sweep_result sweep_live(const settings& asked, double clock_cost_ns, progress& shown) {
    sweep_result result;
    result.name = "sweep_live";
    result.title = "One more thread by the number of those that live";
    result.question = "Does a thread cost more when many others live, all of them parked?";
    result.held_fixed = "the work, stacks of 8 MiB for the one more, of 16 KiB for the others; the points "
                        "come one after the other, "
                        "the series interleaved";
    result.unit = "ns per operation";
    result.axis = "threads that live";
    result.numeric = true;
    constexpr auto thread = contender_kind::kernel_thread;
    result.series = {{"kernel_thread_cached", "kernel_thread, cached", "", thread, 0},
                     {"pthread_create", "pthread_create", "", thread, 1}};
    const std::size_t wanted = asked.quick ? 1000 : 30'000;
    const room bound = room_for_threads(wanted, kernel::has_guard_advice() ? 1 : 2);
    std::vector<std::size_t> counts = {1, 10, 100, 1000, 3000, 10'000, 30'000};
    std::erase_if(counts, [&](std::size_t n) { return n > bound.most; });
    if (bound.most < wanted) {
        result.stopped = "It went to " + std::to_string(bound.most) + " threads and not to " +
                         std::to_string(wanted) + ": " + bound.why + ".";
        if (bound.most > (counts.empty() ? 0 : counts.back())) {
            counts.push_back(bound.most);
        }
    }
    parked_threads others;
    extent how_much = sweep_extent(asked);
    how_much.budget_ns = std::min<std::uint64_t>(how_much.budget_ns, 3'000'000'000);
    for (const std::size_t count : counts) {
        try {
            others.grow_to(count);
        } catch (const std::system_error& refused) {
            result.stopped =
                "It stopped at " + std::to_string(others.count()) + " threads: " + refused.what() + ".";
            break;
        }
        const std::size_t p = result.points.size();
        result.points.push_back({as_count(count), static_cast<double>(count)});
        measure_points(result,
                       {{0, p,
                         [=] {
                             return timed_operation(
                                 "kernel_thread", clock_cost_ns, [] {},
                                 [](cell& c) { by_kernel_thread(c, 0); });
                         }},
                        {1, p,
                         [=] {
                             return timed_operation(
                                 "pthread_create", clock_cost_ns, [] {}, [](cell& c) { by_pthread(c, 0); });
                         }}},
                       how_much, asked.seed + p, shown);
    }
    return result;
}

} // namespace weft::lab

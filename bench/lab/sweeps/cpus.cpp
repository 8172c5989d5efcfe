// SPDX-License-Identifier: MIT
// Question: what does it cost that the thread begins on another CPU than its creator? The creator is tied to
// one CPU, the thread by its attributes to the same one, to another, or to neither.
#include "lab/cpus.hpp"
#include "lab/sweeps/points.hpp"
#include "lab/sweeps/sweep.hpp"
#include "lab/sweeps/threads.hpp"

namespace weft::lab {

namespace {

/// Ties the calling thread to one CPU for a while.
class tied {
  public:
    explicit tied(unsigned cpu) : before_(allowed_cpus()), error_(pin_here(cpu)) {}
    ~tied() { (void)allow_here(before_); }
    tied(const tied&) = delete;
    tied& operator=(const tied&) = delete;
    [[nodiscard]] int error() const noexcept { return error_; }

  private:
    const std::vector<unsigned> before_;
    const int error_;
};

} // namespace

sweep_result sweep_cpus(const settings& asked, double clock_cost_ns, progress& shown) {
    sweep_result result;
    result.name = "sweep_cpus";
    result.title = "A thread on its creator's CPU and on another";
    result.question = "What does it cost that a thread begins on another CPU than its creator?";
    result.held_fixed = "the work, stacks of 8 MiB, kept; the creator tied to one CPU; every thread is given "
                        "its CPUs at its creation";
    result.unit = "ns per operation";
    result.axis = "the thread's CPU";
    constexpr auto thread = contender_kind::kernel_thread;
    result.series = {{"kernel_thread_cached", "kernel_thread, cached", "", thread, 0},
                     {"pthread_create", "pthread_create", "", thread, 1}};
    result.points = {{"the same CPU", 0}, {"another CPU", 0}, {"either", 0}};
    result.notes = {"To give a thread its CPUs costs a system call (pthread_create: by the creator on a "
                    "thread that is held back; weft: "
                    "by the thread, for whose answer the creator waits), in all rows alike."};
    const std::vector<unsigned> allowed = allowed_cpus();
    const unsigned mine = allowed.front();
    const unsigned other = allowed.back();
    const tied here(mine);
    if (here.error() != 0) {
        result.skips.push_back(
            {{"creator", "all of it", "", thread, 0}, "the creator could not be tied to a CPU"});
        return result;
    }
    std::vector<std::vector<unsigned>> places = {{mine}};
    if (other != mine) {
        places.push_back({other});
        places.push_back({mine, other});
    } else {
        result.skips.push_back({{"other", "another CPU", "", thread, 0}, "only one CPU may be used"});
    }
    std::vector<sweep_lane> lanes;
    for (std::size_t p = 0; p < places.size(); ++p) {
        lanes.push_back({0, p, [=, &places] {
                             return timed_operation(
                                 "kernel_thread", clock_cost_ns, [] {},
                                 [&](cell& c) { by_kernel_thread(c, 0, places[p]); });
                         }});
        lanes.push_back({1, p, [=, &places] {
                             return timed_operation(
                                 "pthread_create", clock_cost_ns, [] {},
                                 [&](cell& c) { by_pthread(c, 0, places[p]); });
                         }});
    }
    measure_points(result, lanes, sweep_extent(asked), asked.seed, shown);
    return result;
}

} // namespace weft::lab

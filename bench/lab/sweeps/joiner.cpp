// SPDX-License-Identifier: MIT
// Question: what does the joiner's sleep cost? It is the part of a thread's price that the waiting itself
// adds.
#include "lab/contenders/bare_clone.hpp"
#include "lab/contenders/child_end.hpp"
#include "lab/contenders/clone_word.hpp"
#include "lab/cpus.hpp"
#include "lab/sweeps/points.hpp"
#include "lab/sweeps/sweep.hpp"
#include "lab/sweeps/threads.hpp"
#include <memory>
#include <weft/clone.hpp>

namespace weft::lab {

namespace {

int work(void* c) {
    perform(*static_cast<cell*>(c));
    return 0;
}

class bare_thread {
  public:
    void run(cell& c, wait_how how) {
        word_.arm();
        demand_child(raw_clone(&work, stack_.top(), bare_thread_flags, &c, nullptr, nullptr, word_.address()),
                     "clone");
        how == wait_how::spins ? word_.wait_spinning() : word_.wait_parked();
    }

  private:
    clone_stack stack_{64 * 1024};
    clone_word word_;
};

} // namespace

sweep_result sweep_joiner(const settings& asked, double clock_cost_ns, progress& shown) {
    sweep_result result;
    result.name = "sweep_joiner";
    result.title = "A thread by how its joiner waits";
    result.question = "What does it cost that the joiner sleeps, against one that looks all the time?";
    result.held_fixed = "the work, stacks of 8 MiB (the bare clone's 64 KiB, kept), one at a time";
    result.unit = "ns per operation";
    result.axis = "the joiner";
    constexpr auto thread = contender_kind::kernel_thread;
    result.series = {{"clone_thread", "clone, a thread", "", thread, 0},
                     {"kernel_thread_cached", "kernel_thread, cached", "", thread, 1},
                     {"pthread_create", "pthread_create", "", thread, 2}};
    result.points = {{"parked", 0}, {"spinning", 0}};
    result.notes = {"weft's own join looks for some 5 us at a thread that is seen running before it sleeps; "
                    "its row 'parked' is "
                    "that join."};
    const auto bare = std::make_shared<bare_thread>();
    const std::string no_bare_clone = bare_clone_missing();
    if (!no_bare_clone.empty()) {
        result.skips.push_back({result.series[0], no_bare_clone});
    }
    std::vector<sweep_lane> lanes;
    for (const wait_how how : {wait_how::parks, wait_how::spins}) {
        const auto p = static_cast<std::size_t>(how);
        if (how == wait_how::spins && allowed_cpus().size() < 2) {
            result.skips.push_back({{"spinning", "spinning", "", thread, 0},
                                    "only one CPU may be used: the joiner would keep it from the thread"});
            continue;
        }
        if (no_bare_clone.empty()) {
            lanes.push_back({0, p, [=] {
                                 return timed_operation(
                                     "clone, a thread", clock_cost_ns, [] {},
                                     [&](cell& c) { bare->run(c, how); });
                             }});
        }
        lanes.push_back({1, p, [=] {
                             return timed_operation(
                                 "kernel_thread", clock_cost_ns, [] {},
                                 [=](cell& c) { by_kernel_thread(c, 0, {}, how); });
                         }});
        lanes.push_back({2, p, [=] {
                             return timed_operation(
                                 "pthread_create", clock_cost_ns, [] {},
                                 [=](cell& c) { by_pthread(c, 0, {}, how); });
                         }});
    }
    measure_points(result, lanes, sweep_extent(asked), asked.seed, shown);
    return result;
}

} // namespace weft::lab

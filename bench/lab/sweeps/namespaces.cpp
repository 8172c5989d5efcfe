// SPDX-License-Identifier: MIT
// Question: what does a new namespace add to a child process? Each CLONE_NEW* alone, through weft's typed
// clone; a kind that this user or this kernel may not make is skipped by name.
#include "kernel/clock.hpp"
#include "lab/sweeps/points.hpp"
#include "lab/sweeps/sweep.hpp"
#include <algorithm>
#include <weft/clone.hpp>

namespace weft::lab {

namespace {

struct kind {
    const char* label;
    clone_flags flags;
};

double one_child(const kind& k, std::uint64_t input, double clock_cost_ns) {
    // Seven bits of the answer come back as the exit status.
    const int expected = static_cast<int>(right_answer(input) & 0x7f);
    const std::uint64_t begin = kernel::monotonic_ns();
    clone_child child = clone_builder{}.flags(k.flags).start(
        [input] { return static_cast<int>(right_answer(input) & 0x7f); });
    const child_end end = child.wait();
    const std::uint64_t ended = kernel::monotonic_ns();
    if (!end.exited() || end.value() != expected) {
        throw verification_failed(std::string("a child with ") + k.label + " answered wrongly");
    }
    return std::max(static_cast<double>(ended - begin) - clock_cost_ns, 0.0);
}

} // namespace

sweep_result sweep_namespaces(const settings& asked, double clock_cost_ns, progress& shown) {
    sweep_result result;
    result.name = "sweep_namespaces";
    result.title = "A child by the namespace that is new for it";
    result.question = "What does a new namespace add to the price of a child process (clone without shared "
                      "memory, and wait)?";
    result.held_fixed = "the child, which returns at once; nothing else is shared or new";
    result.unit = "ns per child";
    result.axis = "new namespace";
    result.series = {{"clone", "clone and wait", "", contender_kind::process, 0}};
    static const kind kinds[] = {
        {"none", {}},
        {"CLONE_NEWUTS", clone_flag::newuts},
        {"CLONE_NEWIPC", clone_flag::newipc},
        {"CLONE_NEWCGROUP", clone_flag::newcgroup},
        {"CLONE_NEWTIME", clone_flag::newtime},
        {"CLONE_NEWUSER", clone_flag::newuser},
        {"CLONE_NEWPID", clone_flag::newpid},
        {"CLONE_NEWNS", clone_flag::newns},
        {"CLONE_NEWNET", clone_flag::newnet},
    };
    std::vector<sweep_lane> lanes;
    std::uint64_t next_input = asked.seed << 32;
    for (const kind& k : kinds) {
        const std::size_t point = result.points.size();
        result.points.push_back({k.label, 0});
        clone_outcome trial = clone_builder{}.flags(k.flags).try_start([] { return 0; });
        if (!trial) {
            result.skips.push_back(
                {{k.label, k.label, "", contender_kind::process, 0}, trial.refusal().sentence});
            continue;
        }
        trial.child().wait();
        lanes.push_back({0, point, [&k, &next_input, clock_cost_ns] {
                             return one_child(k, next_input++, clock_cost_ns);
                         }});
    }
    result.notes = {"The kernel takes some namespaces apart later, in a thread of its own (that of "
                    "CLONE_NEWNET most of all); that is "
                    "not in these figures."};
    extent how_much = sweep_extent(asked);
    how_much.rounds = std::max<std::size_t>(how_much.rounds / 4, std::min<std::size_t>(how_much.rounds, 10));
    measure_points(result, lanes, how_much, asked.seed, shown);
    return result;
}

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// Ordinary code on eight raw threads at once, chosen at random from kernel/ordinary_code/, for some seconds. Each thread does a few
// dozen things and ends; another takes its place, mostly on the same memory. Prints its seed and takes one:
//   ordinary_code_stress [seed [group]]        WEFT_STRESS_SECONDS=60 for longer
#include "kernel/clock.hpp"
#include "kernel/ordinary_code/activities.hpp"
#include "support/raw_thread.hpp"
#include <atomic>
#include <cstdlib>
#include <vector>

namespace {

std::vector<const ordinary::activity*> choices; // one entry a weight; r/o once threads run
std::atomic<long> activities_done{0};
std::atomic<long> threads_made{0};

void run_lane(unsigned long seed, unsigned index, std::uint64_t end_ns) {
    ordinary::lane l{std::mt19937_64(seed + index)};
    while (weft::kernel::monotonic_ns() < end_ns) {
        weft::kernel::thread_options how;
        how.stack_size = (128u + 64u * l.below(4)) * 1024;
        support::raw_thread([&l] {
            for (unsigned i = 1 + l.below(60); i > 0; --i) {
                choices[l.below(static_cast<unsigned>(choices.size()))]->run(l);
                ++activities_done;
            }
        }, how);
        ++threads_made;
    }
}

} // namespace

int main(int argc, char** argv) {
    const double seconds = support::stress_seconds(4);
    support::time_limit(static_cast<unsigned>(seconds) * 2 + 60);
    const unsigned long seed = support::seed_of(argc, argv);
    const char* only = argc > 2 ? argv[2] : "";
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);

    const ordinary::group* groups[] = {&ordinary::memory_group, &ordinary::text_group, &ordinary::lock_group,
                                       &ordinary::error_group, &ordinary::system_group};
    for (const ordinary::group* g : groups) {
        if (!std::strstr(g->name, only)) {
            continue;
        }
        g->begin();
        for (const ordinary::activity& a : g->activities) {
            choices.insert(choices.end(), a.weight, &a);
        }
    }
    REQUIRE(!choices.empty());
    const int descriptors = support::count_descriptors();

    const std::uint64_t end_ns = weft::kernel::monotonic_ns() + static_cast<std::uint64_t>(seconds * 1e9);
    // A lane's own thread only makes and joins others: eight at work, eight waiting.
    support::on_raw_threads(8, [&](int index) { run_lane(seed, static_cast<unsigned>(index), end_ns); });

    REQUIRE(support::count_descriptors() == descriptors);
    for (const ordinary::group* g : groups) {
        if (std::strstr(g->name, only)) {
            g->end();
        }
    }
    REQUIRE(support::eventually([] { return support::count_threads() == 1; }));
    support::say("%ld activities on %ld threads\n", activities_done.load(), threads_made.load());
    return 0;
}

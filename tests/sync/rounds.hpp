// SPDX-License-Identifier: MIT
// What stress programs of this floor share: PROGRAM WORKERS [SEED] plays rounds for WEFT_STRESS_SECONDS (60). A round has its own state
// and its own watchdog; at the end no object, thread or descriptor may be left.
#pragma once
#include "agents.hpp"
#include "support/program.hpp"
#include "support/random_source.hpp"
#include "support/watchdog.hpp"
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>
#include <weft/weft.hpp>

namespace test {

struct random_source : support::random_source {
    using support::random_source::random_source;
    /// Nothing, a yield, a moment of work or a short sleep: shifts what happens when.
    void dawdle() {
        switch (below(8)) {
        case 0:
            weft::sleep_for(std::chrono::microseconds(below(60)));
            break;
        case 1:
        case 2:
            weft::yield();
            break;
        case 3:
            for (unsigned i = below(300); i > 0; --i) {
                std::atomic_signal_fence(std::memory_order_seq_cst); // the loop stays
            }
            break;
        default:
            break;
        }
    }
};

/// Rides in callables and values.
struct counted {
    static inline std::atomic<long> alive{0};
    counted() { ++alive; }
    counted(const counted&) { ++alive; }
    ~counted() { --alive; }
};

/// round(runtime, random) until the time is over; returns the exit code.
template <class Round>
int play_rounds(int argc, char** argv, const char* name, Round round) {
    const unsigned workers = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 2;
    const auto seed = support::seed_of(argc - 1, argv + 1);
    const double seconds = support::stress_seconds(60);
    random_source random(seed);
    std::thread([] {}).join(); // ThreadSanitizer adds one of its own to the first
    const int threads = support::count_threads(), descriptors = support::count_descriptors();
    unsigned long rounds = 0;
    {
        weft::runtime rt({.workers = workers});
        const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
        while (std::chrono::steady_clock::now() < end) {
            watchdog guard(20, name, [](void* r) { static_cast<weft::runtime*>(r)->dump(2); }, &rt);
            round(rt, random);
            ++rounds;
        }
    }
    support::say("%u workers, %lu rounds\n", workers, rounds);
    REQUIRE(counted::alive == 0);
    REQUIRE(support::eventually([&] { return support::count_threads() <= threads; }));
    REQUIRE(support::count_descriptors() == descriptors);
    return 0;
}

} // namespace test

// SPDX-License-Identifier: MIT
// What every switching contender shares: the two sides' loop, the proof that they took turns, and the clock.
#pragma once
#include "kernel/clock.hpp"
#include "lab/switcher.hpp"
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace weft::lab {

/// The word that both sides write. A side that finds itself there knows that the other has not run.
struct turn_word {
    std::atomic<std::uint32_t> last{2};
};

struct side {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t switches = 0;

    /// Calls hand_over() `calls` times, and counts after each whether the other side has been here since.
    template <class HandOver>
    void play(std::uint32_t me, std::uint64_t calls, turn_word& word, HandOver hand_over) {
        begin = kernel::monotonic_ns();
        std::uint64_t seen = 0;
        // mo: relaxed throughout: the word only counts; what it counts is ordered by hand_over() or not at
        // all.
        word.last.store(me, std::memory_order_relaxed);
        for (std::uint64_t i = 0; i < calls; ++i) {
            hand_over();
            if (word.last.load(std::memory_order_relaxed) != me) { // mo: relaxed, as above
                ++seen;
                word.last.store(me, std::memory_order_relaxed); // mo: relaxed, as above
            }
        }
        switches = seen;
        end = kernel::monotonic_ns();
    }
};

/// From the moment when both were in place until the last has ended.
inline switch_count count_of(const std::array<side, 2>& sides, std::uint64_t calls) {
    const std::uint64_t begin = std::max(sides[0].begin, sides[1].begin);
    const std::uint64_t end = std::max(sides[0].end, sides[1].end);
    return {.nanoseconds = static_cast<double>(end - begin),
            .calls = calls,
            .switches = sides[0].switches + sides[1].switches};
}

} // namespace weft::lab

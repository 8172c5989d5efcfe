// SPDX-License-Identifier: MIT
// What a test of mutex.cpp's fairness can see: how often any lock() of this process was overtaken, that is, woken in vain. Kept on the slow
// path alone; the bound is `most_often_overtaken`.
#pragma once
#include <atomic>

namespace weft::sync {

inline constexpr unsigned most_often_overtaken = 3;

extern constinit std::atomic<unsigned> overtaken_so_far; // atomic; grows only, unless a test resets it

inline void note_overtaken(unsigned times) noexcept {
    // mo: relaxed, both: a figure; that two write at once may lose the smaller or the larger one, once.
    if (times > overtaken_so_far.load(std::memory_order_relaxed)) {
        overtaken_so_far.store(times, std::memory_order_relaxed); // mo: relaxed: as above
    }
}

} // namespace weft::sync

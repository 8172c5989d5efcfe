// SPDX-License-Identifier: MIT
#include "kernel/lock.hpp"

namespace weft::kernel {

void lock::acquire_contended() noexcept {
    // Sections are tens of nanoseconds; a park costs microseconds. A short spin usually suffices.
    for (int spin = 0; spin < 100; ++spin) {
        // mo: relaxed: only a hint, the CAS decides.
        if (word_.load(std::memory_order_relaxed) == 0 && try_acquire()) {
            return;
        }
        cpu_pause();
    }
    // From here on the word says 2: we may sleep on it, and unlock must wake (I1). Having slept, we
    // cannot know whether others sleep too, so we take the lock as contended.
    // mo: acquire -> release's exchange: what the last holder wrote.
    while (word_.exchange(2, std::memory_order_acquire) != 0) {
        futex_wait(word_, 2);
    }
}

} // namespace weft::kernel

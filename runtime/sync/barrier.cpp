// SPDX-License-Identifier: MIT
// The compiled half of weft/barrier.hpp.
//
// I1  From the arrival that leaves nothing missing to begin_next's store of phase_ the barrier belongs to the last to arrive.
// I2  That store, in the section, after all waiters have been taken out, is its last access: who sees the new phase may destroy it.
#include <weft/barrier.hpp>

#include "base/check.hpp"

namespace weft::abi {

bool barrier_core::arrive(std::ptrdiff_t update) noexcept {
    // mo: acq_rel: release -> the last arrival's acquire: what came before each; acquire, for the last one: what came before all.
    const std::ptrdiff_t before = missing_.fetch_sub(update, std::memory_order_acq_rel);
    base::check(update > 0 && update <= before, "more have arrived at a barrier than were expected");
    return before == update;
}

void barrier_core::begin_next() noexcept {
    // mo: relaxed, both: I1; phase_ publishes them.
    expected_ -= dropped_.exchange(0, std::memory_order_relaxed);
    missing_.store(expected_, std::memory_order_relaxed);
    wait_section held(&waiters_);
    held.take_all(waiters_);
    // mo: relaxed: only we write it now.
    const std::uint64_t next = phase_.load(std::memory_order_relaxed) + 1;
    // mo: release -> phase()'s acquire: the completion, and what came before the arrivals.
    phase_.store(next, std::memory_order_release);
}

bool barrier_core::is_over(std::uint64_t phase) const noexcept {
    const std::uint64_t now = this->phase();
    if (now == phase) {
        return false;
    }
    base::check(now == phase + 1, "a barrier was waited for by a token of another phase than this or the last");
    return true;
}

bool barrier_core::must_wait(void* argument) noexcept {
    const auto& asked = *static_cast<question*>(argument);
    return asked.barrier->phase() == asked.phase;
}

void barrier_core::wait(std::uint64_t phase) const {
    question q{this, phase};
    if (!is_over(phase)) {
        (void)abi::wait(waiters_, &must_wait, &q);
    }
}

void barrier_core::bad_count() noexcept {
    base::panic("a barrier was made with a count below zero");
}

void barrier_core::destroyed_in_use() noexcept {
    base::panic("a barrier was destroyed while somebody waited for it");
}

} // namespace weft::abi

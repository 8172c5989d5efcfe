// SPDX-License-Identifier: MIT
// The life of one kernel thread as moments, and as parts of its whole.
//
// The parts lie end to end along the path that the joiner waits for: the creator up to the clone, the thread
// from its first instruction to its exit, the joiner from there. So for every single life they add up to the
// whole, exactly. What the creator does meanwhile (the rest of the clone call, its signal mask) is not on the
// path and not in the sum.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace weft::lab {

/// CLOCK_MONOTONIC in nanoseconds; 0: this life had no such moment.
struct life {
    std::uint64_t began = 0;             // creator: before the creating call
    std::uint64_t cache_asked = 0;       // creator: the cache of stacks has answered
    std::uint64_t mapped = 0;            // creator
    std::uint64_t guarded = 0;           // creator
    std::uint64_t tls_ready = 0;         // creator
    std::uint64_t record_filled = 0;     // creator
    std::uint64_t signals_blocked = 0;   // creator: the clone call is next
    std::uint64_t clone_returned = 0;    // creator
    std::uint64_t started = 0;           // creator: the creating call has returned
    std::uint64_t first_instruction = 0; // thread
    std::uint64_t set_up = 0;            // thread
    std::uint64_t signals_open = 0;      // thread: the work is next
    std::uint64_t user_code_left = 0;    // thread
    std::uint64_t leaving = 0;           // thread: exit(2) is next
    std::uint64_t end_seen = 0;          // joiner: knows that the thread has ended
    std::uint64_t handed_back = 0;       // joiner: the memory is in the cache again, or about to go
    std::uint64_t unmapped = 0;          // joiner: it is gone
};

enum class part : std::size_t {
    bookkeeping,
    map,
    guard,
    tls,
    signal_mask,
    clone_call,
    first_instruction,
    set_up,
    work,
    clean_up,
    exit,
    wake,
    unmap,
    count_
};
inline constexpr std::size_t part_count = static_cast<std::size_t>(part::count_);

struct part_words {
    const char* name;  // for the JSON
    const char* title; // for people
    const char* what;
};
[[nodiscard]] const part_words& words_of(part which) noexcept;

using split_parts = std::array<double, part_count>;

/// The whole, in nanoseconds.
[[nodiscard]] double whole_of(const life& l) noexcept;

/// Its parts. exit(2) and the wake of the joiner are one stretch to whoever looks from user space; of it
/// `exit_ns` (what a joiner that never sleeps has seen, at most the stretch itself) is called the exit and
/// the rest the wake.
[[nodiscard]] split_parts parts_of(const life& l, double exit_ns) noexcept;

/// From the thread's exit call until its joiner knows.
[[nodiscard]] double exit_and_wake(const life& l) noexcept;

} // namespace weft::lab

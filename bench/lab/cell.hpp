// SPDX-License-Identifier: MIT
// The work that every contender does, and how it is checked.
//
// The child reads an input that its creator chose and writes back what follows from it; the joiner compares.
// perform() is compiled in a file of its own, so that no compiler can see through it and drop the thread, the
// work or the join.
#pragma once
#include "lab/random.hpp"
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace weft::lab {

struct alignas(64) cell {
    std::uint64_t input = 0;  // written by the creator before it creates
    std::uint64_t answer = 0; // written by the child
    std::uint32_t runs = 0;   // counted by the child: 1 when it was joined
    bool ask_who = false;     // the child shall say who it is
    bool ask_when = false;    // creator and child shall say when
    pid_t process = 0;        // written by the child when asked
    pid_t kernel_thread = 0;  // written by the child when asked
    std::uint64_t task = 0;   // written by the child when asked; 0: no task
    // CLOCK_MONOTONIC, ns, when asked
    std::uint64_t created = 0; // written by the creator: the creating call has returned
    std::uint64_t began = 0;   // written by the child: its first instruction here
    std::uint64_t ended = 0;   // written by the child: its last one here
};
static_assert(sizeof(cell) == 64, "one cache line");

/// The child's whole work.
void perform(cell& c) noexcept;

/// What perform() answers for this input.
constexpr std::uint64_t right_answer(std::uint64_t input) noexcept {
    return scramble(input ^ 0x5bd1e9955bd1e995u);
}

/// For contenders, between creation and join: notes the time when the cell asks for it.
void note_created(cell& c) noexcept;

/// A contender did not do what it says it does: the laboratory fails, whatever it measured.
struct verification_failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Gives each cell an input of its own, and forgets what was there.
void load(std::span<cell> cells, std::uint64_t first_input) noexcept;

/// Throws verification_failed, naming the contender, unless every cell was performed exactly once and
/// rightly.
void verify(std::span<const cell> cells, const std::string& contender);

} // namespace weft::lab

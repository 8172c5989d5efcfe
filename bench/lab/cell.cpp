// SPDX-License-Identifier: MIT
#include "lab/cell.hpp"
#include "kernel/clock.hpp"
#include "kernel/syscall.hpp"
#include <weft/this_task.hpp>

namespace weft::lab {

void note_created(cell& c) noexcept {
    if (c.ask_when) [[unlikely]] {
        c.created = kernel::monotonic_ns();
    }
}

void perform(cell& c) noexcept {
    if (c.ask_when) [[unlikely]] {
        c.began = kernel::monotonic_ns();
    }
    c.answer = right_answer(c.input);
    ++c.runs;
    if (c.ask_who) [[unlikely]] {
        c.kernel_thread = static_cast<pid_t>(kernel::system_call(SYS_gettid));
        c.process = static_cast<pid_t>(kernel::system_call(SYS_getpid));
        c.task = this_task::id();
    }
    if (c.ask_when) [[unlikely]] {
        c.ended = kernel::monotonic_ns();
    }
}

void load(std::span<cell> cells, std::uint64_t first_input) noexcept {
    for (cell& c : cells) {
        c = cell{.input = first_input++};
    }
}

void verify(std::span<const cell> cells, const std::string& contender) {
    for (const cell& c : cells) {
        if (c.runs != 1) {
            throw verification_failed(contender + ": the work for input " + std::to_string(c.input) +
                                      " was done " + std::to_string(c.runs) +
                                      " times before join returned, not once");
        }
        if (c.answer != right_answer(c.input)) {
            throw verification_failed(contender + ": the answer for input " + std::to_string(c.input) +
                                      " is wrong");
        }
    }
}

} // namespace weft::lab

// SPDX-License-Identifier: MIT
// What the steps cost here of which all else is made. Two machines of one kind may differ by several times in them, and with them the
// figures: a semaphore's round trip is some ten atomic read-modify-writes, a creation some system calls.
#pragma once
#include <string>

namespace weft::lab {

struct yardsticks {
    double read_modify_write_ns; // an atomic one, of a line that this CPU has
    double allocation_ns;        // malloc and free of 64 bytes
    double system_call_ns;       // getppid
    double futex_wake_ns;        // of nobody
};

/// Some milliseconds. Each is the least of several runs: what the step costs when nothing disturbs it.
[[nodiscard]] yardsticks measure_yardsticks();

/// In one line, for people.
[[nodiscard]] std::string as_text(const yardsticks& y);

} // namespace weft::lab

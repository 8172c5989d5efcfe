// SPDX-License-Identifier: MIT
// One run of one contender, as a process of its own: what one leaves behind (stacks, arenas, threads) is not there for the next.
#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace weft::workload {

struct child_end {
    int exit_code = -1; // -1: it did not exit
    int signal = 0;     // that ended it
    bool too_late = false;
    std::string out;
    std::string err;
};

/// Runs the program and waits for it; after `limit` it is killed, and what it has started. Blocks the kernel thread. Throws
/// std::system_error when it cannot be started.
child_end run_child(const std::string& program, const std::vector<std::string>& arguments, std::chrono::milliseconds limit);

} // namespace weft::workload

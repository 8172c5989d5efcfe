// SPDX-License-Identifier: MIT
// Waits for a child process and demands that it ended well.
#pragma once
#include "lab/cell.hpp"
#include <cerrno>
#include <sys/wait.h>
#include <system_error>
#include <weft/raw.hpp>

namespace weft::lab {

/// After a child with a copy of the memory the next creations take two to three times as long, of threads too, though none
/// takes a page fault any more. Some twenty creations put an end to it; a wait does not.
inline constexpr std::uint64_t echo_of_a_copy_ns = 2'000'000;

/// Throws std::system_error when there is no such child, verification_failed when it ended in another way
/// than exit(0).
inline void bury(pid_t child, const std::string& title) {
    int status = 0;
    pid_t buried = 0;
    do {
        buried = raw_wait4(child, &status, __WALL);
    } while (buried < 0 && errno == EINTR);
    if (buried != child) {
        throw std::system_error(errno, std::generic_category(), title + ": wait4");
    }
    if (status != 0) {
        throw verification_failed(title + ": the child ended with the wait status " + std::to_string(status) +
                                  ", not 0");
    }
}

/// What a call that makes a child answered. Throws std::system_error when it was refused.
inline pid_t demand_child(pid_t answer, const char* call) {
    if (answer < 0) {
        throw std::system_error(errno, std::generic_category(), call);
    }
    return answer;
}

} // namespace weft::lab

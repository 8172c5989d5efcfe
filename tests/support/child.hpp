// SPDX-License-Identifier: MIT
// Runs a function in a forked child and says how the child ended: for deaths that are expected, limits that may not stay, and
// filters that cannot be taken off again.
#pragma once
#include "support/program.hpp"
#include <csignal>
#include <string>
#include <sys/wait.h>
#include <utility>

namespace support {

struct outcome {
    int code = -1;   // exit code, -1 when it did not exit
    int signal = 0;  // the signal that ended it, 0 when none
    std::string text; // what it wrote to stdout and stderr

    bool exited_with(int wanted) const { return signal == 0 && code == wanted; }
    bool died_by(int wanted) const { return signal == wanted; }
    bool says(const char* part) const { return text.find(part) != std::string::npos; }
};

/// f() in a child process; f returns the exit code. The child dies by SIGALRM after `seconds`. The child leaves by _exit, so
/// f itself calls exit() when exit handlers are the point.
template <class F>
outcome run_in_child(F f, unsigned seconds = 20) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    std::fflush(nullptr);
    const pid_t child = fork();
    REQUIRE(child != -1);
    if (child == 0) {
        close(ends[0]);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[1]);
        time_limit(seconds);
        const int code = f();
        std::fflush(nullptr);
        _exit(code);
    }
    close(ends[1]);
    outcome how;
    char buffer[4096];
    ssize_t size = 0;
    while ((size = read(ends[0], buffer, sizeof buffer)) > 0 || (size == -1 && errno == EINTR)) {
        how.text.append(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
    }
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    how.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    how.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return how;
}

/// Fails with what the child said unless it exited with `wanted`.
inline void require_exit(const outcome& how, int wanted, const char* what) {
    if (!how.exited_with(wanted)) {
        say("FAILED: %s: exit code %d, signal %d, wanted exit code %d; it said:\n%s\n", what, how.code, how.signal, wanted,
            how.text.c_str());
        _exit(failed);
    }
}

inline void require_signal(const outcome& how, int wanted, const char* what) {
    if (!how.died_by(wanted)) {
        say("FAILED: %s: exit code %d, signal %d, wanted signal %d; it said:\n%s\n", what, how.code, how.signal, wanted,
            how.text.c_str());
        _exit(failed);
    }
}

} // namespace support

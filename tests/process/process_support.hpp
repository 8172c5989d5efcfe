// SPDX-License-Identifier: MIT
// What the process tests share: zombies counted, sentences looked for.
#pragma once
#include "support/program.hpp"
#include <cerrno>
#include <cstring>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <utility>
#include <weft/process.hpp>

namespace support {

/// No child of ours is left, living or dead.
inline bool no_children() {
    siginfo_t info{};
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == -1 && errno == ECHILD;
}

/// A shell command; its output is what it prints.
inline weft::process shell(const std::string& command, weft::process_options how = {}) {
    return weft::process({"/bin/sh", "-c", command}, how);
}

inline std::string output_of(const std::string& command, weft::process_options how = {}) {
    how.output = weft::redirection::pipe();
    weft::process p = shell(command, how);
    std::string text = p.output.read_all();
    const weft::exit_status status = p.wait();
    if (!status.success()) {
        say("FAILED: '%s' %s\n", command.c_str(), status.describe().c_str());
        _exit(failed);
    }
    return text;
}

/// f() must throw a std::system_error with this errno and these words.
template <class F>
void require_refusal(int error, const char* words, F f) {
    try {
        f();
    } catch (const std::system_error& e) {
        if (e.code().value() != error || !std::strstr(e.what(), words)) {
            say("FAILED: wanted errno %d and '%s', got %d: %s\n", error, words, e.code().value(), e.what());
            _exit(failed);
        }
        say("  refused as it should: %s\n", e.what());
        return;
    }
    say("FAILED: nothing was refused; wanted errno %d and '%s'\n", error, words);
    _exit(failed);
}

template <class F>
void require_bad_option(const char* words, F f) {
    try {
        f();
    } catch (const weft::bad_option& e) {
        if (!std::strstr(e.what(), words)) {
            say("FAILED: wanted '%s', got: %s\n", words, e.what());
            _exit(failed);
        }
        say("  refused as it should: %s\n", e.what());
        return;
    }
    say("FAILED: nothing was refused; wanted '%s'\n", words);
    _exit(failed);
}

} // namespace support

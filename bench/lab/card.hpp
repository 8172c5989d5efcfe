// SPDX-License-Identifier: MIT
// What the reports say about a contender.
#pragma once
#include <string>

namespace weft::lab {

enum class contender_kind { kernel_thread, task, process };

struct contender_card {
    std::string name;  // for --only and the JSON: "std_thread"
    std::string title; // for people: "std::thread"
    std::string what;  // one sentence
    contender_kind kind = contender_kind::kernel_thread;
    unsigned place = 0; // in the roster: its colour in every plot
};

inline const char* name_of(contender_kind kind) noexcept {
    switch (kind) {
    case contender_kind::task:
        return "task";
    case contender_kind::process:
        return "process";
    default:
        return "kernel thread";
    }
}

} // namespace weft::lab

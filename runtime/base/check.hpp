// SPDX-License-Identifier: MIT
// Contract breaches end the process with a sentence, in every build.
//
// panic() is declared here, at the bottom, and defined on the kernel floor (kernel/panic.cpp), which can
// write without malloc, stdio or locks. A higher floor that knows more (which task is running) plants
// panic_context, which appends a line of its own.
#pragma once
#include <atomic>

namespace weft::base {

/// Where a call stands. std::source_location is missing in clang 14 with libstdc++ 12; these two builtins
/// are what it is made of.
struct place {
    const char* file = "";
    unsigned line = 0;
    static constexpr place current(const char* file = __builtin_FILE(),
                                   unsigned line = __builtin_LINE()) noexcept {
        return {file, line};
    }
};

/// Writes "weft: panic: WHAT (file:line)" and the planted context to descriptor 2, then traps.
[[noreturn]] void panic(const char* what, place where = place::current()) noexcept;

/// Planted by the scheduler: writes at most size bytes that describe the running task; returns how many.
using panic_context_function = unsigned (*)(char* buffer, unsigned size) noexcept;
extern std::atomic<panic_context_function> panic_context; // every runtime plants the same

/// A check that stays in every build; use it where it costs O(1) and a breach would corrupt.
inline void check(bool holds, const char* sentence, place where = place::current()) noexcept {
    if (!holds) [[unlikely]] {
        panic(sentence, where);
    }
}

} // namespace weft::base

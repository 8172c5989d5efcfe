// SPDX-License-Identifier: MIT
// The C++ exceptions in flight follow the task.
//
// The runtime of the language keeps two words per kernel thread: the stack of caught exceptions and the count of uncaught ones
// (__cxa_eh_globals, Itanium C++ ABI: Exception Handling, 2.2.2). A task that suspends inside a catch block leaves them set; without
// care the next task on that kernel thread would see them, and the one that left would resume on another thread without.
// So each switch puts the words aside on the leaver's stack and puts the arriver's back. Nearly always both are empty, and
// then this is one compare each.
//
// EDGE eh-globals: the struct is opaque in <cxxabi.h>; its layout is fixed by the ABI document (a pointer, an unsigned int). And
// __cxa_get_globals is declared const there: a compiler that sees the call may use the answer of before a switch after
// it, on another thread. So it is called in exception_state.cpp, out of sight.
#pragma once
namespace weft::context {

struct exception_state {
    void* caught = nullptr;
    unsigned uncaught = 0;
};

/// This kernel thread's words. The address is the thread's for life, so callers may keep it as long as they stay on the thread.
[[nodiscard]] exception_state* exception_state_of_this_thread() noexcept;

/// Before a switch: moves the thread's words to `saved` and leaves the thread without any.
inline void swap_out(exception_state& here, exception_state& saved) noexcept {
    saved = here;
    if (saved.caught || saved.uncaught) [[unlikely]] {
        here = {};
    }
}

/// After a switch: the thread's words are empty (whoever left swapped out or had ended); puts `saved` back.
inline void swap_in(exception_state& here, const exception_state& saved) noexcept {
    if (saved.caught || saved.uncaught) [[unlikely]] {
        here = saved;
    }
}

} // namespace weft::context

// SPDX-License-Identifier: MIT
// Who waits for what cannot come, and for what: a dump names them, so that a program that stands still can be understood.
//
// The primitive that sees it (a receive on no channel, say) lists the waiter while it waits. A stop request may still end such a wait.
#pragma once
#include <cstddef>
#include <weft/abi.hpp>

namespace weft::scheduler {

class hopeless_wait {
  public:
    /// what: a literal, as in "task 7 waits for ever: WHAT".
    explicit hopeless_wait(const char* what) noexcept;
    hopeless_wait(const hopeless_wait&) = delete;
    hopeless_wait& operator=(const hopeless_wait&) = delete;
    ~hopeless_wait();

    /// Calls say(text, length) with a line for each, those of core's tasks and of kernel threads that run none. Nothing while the list is
    /// being changed: for watchdogs, which must not wait.
    template <class Say>
    static void list(const abi::runtime_core& core, Say say) noexcept {
        list_lines(
            core, [](void* to, const char* text, std::size_t n) noexcept { (*static_cast<Say*>(to))(text, n); }, &say);
    }

  private:
    static void list_lines(const abi::runtime_core& core, void (*say)(void*, const char*, std::size_t) noexcept, void* to) noexcept;

    const char* const what_;            // r/o
    const abi::task* const who_;        // r/o; null: a kernel thread that runs none
    hopeless_wait* next_ = nullptr;     // guarded by the list's lock
    hopeless_wait* previous_ = nullptr; // guarded by the list's lock
};

} // namespace weft::scheduler

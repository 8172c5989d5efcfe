// SPDX-License-Identifier: MIT
// blocking(f): for calls that block the kernel thread (a system call, a foreign lock, a long computation).
// f runs where it stands, on the same kernel thread and the same stack; the worker's right to run other tasks goes to
// a spare kernel thread meanwhile, if there is anything to run.
#pragma once
#include <functional>
#include <type_traits>
#include <utility>

namespace weft {

namespace abi {
/// Gives the worker's right to run away; null when the caller is no task (nothing to give).
void* enter_blocking() noexcept;
/// Takes a worker again: may suspend, and the task may go on on another kernel thread.
void leave_blocking(void* ticket) noexcept;

struct blocking_section {
    void* ticket = enter_blocking();
    blocking_section() = default;
    blocking_section(const blocking_section&) = delete;
    blocking_section& operator=(const blocking_section&) = delete;
    ~blocking_section() { leave_blocking(ticket); }
};
} // namespace abi

/// Returns f()'s value or lets its exception pass. Inside f the caller counts as a foreign kernel thread: weft's waits
/// block it. (When runtime_options::max_blocking sections are under way already, or the kernel refuses a thread, f blocks the worker, and
/// weft's waits in f suspend as they do outside.) Outside of a task it just calls f. May suspend after f, when every worker is busy.
template <class F>
decltype(auto) blocking(F&& f) {
    abi::blocking_section section;
    return std::invoke(std::forward<F>(f));
}

} // namespace weft

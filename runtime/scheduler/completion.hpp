// SPDX-License-Identifier: MIT
// The end of a task, and those who wait for it. The word and its drawing are in weft/abi.hpp.
#pragma once
#include "base/result.hpp"
#include "scheduler/carrier.hpp"

namespace weft::scheduler {

/// The running task has run to its end: wakes its joiner, or frees it if it was detached, and counts it as finished. t may be gone
/// afterwards. May suspend, since a detached task's value is destroyed here: returns the carrier on which the caller goes on. A joiner
/// of our own runtime is not queued but returned, ready, for the caller to run or to queue (worker::runs_next).
carrier& complete(task* t, task*& joiner) noexcept;

/// The same when the one who joins t is on the stack below it (run_in_place), so that nobody meets on its word.
carrier& complete_in_place(task* t) noexcept;

/// t could not get a stack: its outcome is a std::system_error that says why, and the task is complete. Does not suspend.
void fail_without_stack(carrier& c, task* t, const base::refusal& why) noexcept;

} // namespace weft::scheduler

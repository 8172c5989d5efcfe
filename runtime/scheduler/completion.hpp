// SPDX-License-Identifier: MIT
// The end of a task, and those who wait for it. The word and its drawing are in weft/abi.hpp.
#pragma once
#include "scheduler/worker.hpp"

namespace weft::scheduler {

/// The task has run: wakes its joiner, or frees it if it was detached. t may be gone afterwards. By the worker's owner.
void complete(worker& w, task* t) noexcept;

/// The task could not get a stack: its outcome is a std::system_error with this errno; then as complete().
void fail_without_stack(worker& w, task* t, int error) noexcept;

} // namespace weft::scheduler

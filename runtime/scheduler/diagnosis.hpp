// SPDX-License-Identifier: MIT
// Sentences about tasks, for panics, terminations and dumps: no lock, no malloc where the process is about to end.
#pragma once
#include "scheduler/worker.hpp"
#include <exception>

namespace weft::scheduler {

[[nodiscard]] const char* name_of(task_state state) noexcept;

/// "task 17 'indexer' (running)" into buffer; returns the length.
unsigned describe(const task* t, char* buffer, unsigned size) noexcept;

/// A detached task ended with an exception: says which, then std::terminate with that exception.
[[noreturn]] void terminate_for_lost_exception(const task* t, std::exception_ptr error) noexcept;

/// Plants base::panic_context, so that a panic names the running task.
void plant_panic_context() noexcept;

} // namespace weft::scheduler

// SPDX-License-Identifier: MIT
// Why a task got no stack, as the exception that its joiner is given.
//
// One exception object for all tasks that are refused for the same reason, made beforehand: when the kernel refuses memory, thousands
// of tasks may fail at once, and a throw that finds no memory for its exception object ends the program (Itanium C++ ABI: Exception
// Handling, 3.3.1). Sharing it is sound: joiners rethrow the one object, which nobody changes.
#pragma once
#include "base/result.hpp"
#include "kernel/lock.hpp"
#include <exception>

namespace weft::scheduler {

class stack_refusal {
  public:
    /// Throws std::bad_alloc.
    stack_refusal();

    /// A std::system_error with the refusal's errno and a sentence that says which call was refused and which limits to look at.
    [[nodiscard]] std::exception_ptr as_exception(const base::refusal& why) noexcept;

  private:
    const std::exception_ptr general_; // out of memory, even for a sentence of its own
    kernel::lock lock_;
    base::refusal last_;               // guarded by lock_: why last_error_ says
    std::exception_ptr last_error_;    // guarded by lock_
};

} // namespace weft::scheduler

// SPDX-License-Identifier: MIT
// The runtime of a program that never made one: started by its first weft::thread, configured by the environment.
#pragma once
#include <weft/abi.hpp>
#include <weft/runtime.hpp>

namespace weft::scheduler {

/// What the environment says: WEFT_WORKERS, WEFT_STACK_SIZE, WEFT_NAME, WEFT_PIN_WORKERS, WEFT_MAX_BLOCKING. Throws bad_option that names
/// the variable.
[[nodiscard]] runtime_options options_from_environment();

/// Starts it on the first call; blocks the kernel thread meanwhile. Throws bad_option, std::system_error, std::bad_alloc; then the next
/// call tries again.
[[nodiscard]] abi::runtime_core& default_runtime();

/// In a child of fork(): the parent had started it, so that spawn found it there.
[[nodiscard]] bool parent_had_default_runtime() noexcept;

} // namespace weft::scheduler

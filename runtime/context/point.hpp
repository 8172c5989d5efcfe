// SPDX-License-Identifier: MIT
// What the switch is about; what both backends and the sanitizer layer share.
#pragma once
#include <cstddef>

namespace weft::context {

/// A suspended stack.
using point = void*;

/// The first function of a stack. It must not return.
using entry_function = void (*)(void* argument) noexcept;

} // namespace weft::context

// SPDX-License-Identifier: MIT
#include "context/exception_state.hpp"
#include <cxxabi.h>

namespace weft::context {

[[gnu::noinline]] exception_state* exception_state_of_this_thread() noexcept {
    asm volatile(""); // not const, whatever link-time optimisation sees: see eh-globals
    return reinterpret_cast<exception_state*>(::abi::__cxa_get_globals());
}

} // namespace weft::context

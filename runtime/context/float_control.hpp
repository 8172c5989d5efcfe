// SPDX-License-Identifier: MIT
// Rounding, traps and, on x86-64, the sticky exception flags of SSE: a task's own, as I3 of switch.hpp says. A switch takes care of them;
// where a task begins on a stack that is in use already, these do.
#pragma once
#if defined(__x86_64__)
#include "context/arch/x86_64/float_control.hpp"
#elif defined(__aarch64__)
#include "context/arch/aarch64/float_control.hpp"
#else
#error "no floating-point control for this machine"
#endif

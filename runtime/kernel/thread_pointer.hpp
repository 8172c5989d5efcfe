// SPDX-License-Identifier: MIT
// This machine's thread pointer and descriptor layout.
#pragma once
#if defined(__x86_64__)
#include "kernel/arch/x86_64/thread_pointer.hpp"
#elif defined(__aarch64__)
#include "kernel/arch/aarch64/thread_pointer.hpp"
#else
#error "weft has no runtime/kernel/arch/ folder for this machine"
#endif

// SPDX-License-Identifier: MIT
// What the parent leaves for a child that is being made, and the child's own side.
#pragma once
#include "kernel/process.hpp"
#include <atomic>
#include <cstdint>

namespace weft::kernel {

struct process_start {
    const process_request* wanted = nullptr;
    pid_t parent = 0;
    std::uint64_t mask = 0;       // the signal mask to end with
    bool handlers_cleared = false; // clone3 did it (CLONE_CLEAR_SIGHAND)
    bool shares_memory = false;    // made with CLONE_VM
    int go_read = -1;              // read by the child before all else; -1: no need to wait
    int go_write = -1;
    int report_read = -1;          // a child with memory of its own tells here how it went
    int report_write = -1;

    // The outcome, written by a child that shares memory.
    process_step failed = process_step::none; // owner: child; read when it has left our memory
    int error = 0;
    int detail = 0;
    std::atomic<std::uint32_t> in_our_memory{1}; // cleared by the kernel; waited for as a shared futex
};

/// What a child with memory of its own writes to report_write.
struct process_report {
    process_step failed;
    int error;
    int detail;
};

/// The child, from its first instruction in C++. Runs with every signal blocked, and when it shares memory on the thread pointer of a thread
/// that sleeps: it must not touch errno or anything else of the parent's.
[[noreturn]] void run_process_child(process_start& start) noexcept;

/// The same as the first function on a stack of its own; start points to a process_start.
void start_process_child(void* start);

} // namespace weft::kernel

// SPDX-License-Identifier: MIT
// A child of fork() has one thread, the forker, and a copy of all memory: of runtimes whose kernel threads it does not have, of queues with
// tasks that are the parent's to run, and of locks that others may have held.
//
// What the child makes of it:
//   - Runtimes made before are lost: nobody may put a task into one, wait for a task of one, or be held up by its destructor. Their memory
//     stays as it is. (runtime_core::lost_to_fork)
//   - What belongs to the process begins anew, with free locks: the list of runtimes, the default runtime, the depot of descriptors, the
//     pool of locks, the readiness driver.
//   - A task that has forked goes on in the child as a plain kernel thread, on its own stack and under its own name: its carrier puts the
//     worker down (as for blocking), so weft's waits block it, and it may start threads and make runtimes.
// So a child may do all that the parent could, the parent's tasks and runtimes aside.
//
// How it is noticed: each way to process-wide state, and each door where a task would suspend, looks at the mark (kernel/fork_mark.hpp);
// that costs two loads of lines that nobody writes. Nothing is looked at on the way through a switch.
//
// I1  The generation is the number of forks between the process that first used weft and this one. Whoever has called generation() in a
//     child finds the process-wide state repaired.
#pragma once
#include "kernel/fork_mark.hpp"
#include <atomic>
#include <cstdint>

namespace weft::scheduler {

extern constinit kernel::fork_mark process_mark;
extern constinit std::atomic<std::uint32_t> forks_noticed; // atomic, see mo

/// To be called before the first runtime; done again, it does nothing.
void watch_for_forks() noexcept;

void repair_after_fork() noexcept;

/// Makes the child of a fork usable, if this is one. In no lock of the library.
inline void notice_fork() noexcept {
    if (process_mark.wiped()) [[unlikely]] {
        repair_after_fork();
    }
}

[[nodiscard]] inline std::uint32_t generation() noexcept {
    notice_fork();
    // mo: relaxed: written in the repair, which the look at the mark has acquired.
    return forks_noticed.load(std::memory_order_relaxed);
}

/// What a higher floor has to repair. A static object; constructed before it is needed, never destroyed.
struct fork_repair {
    explicit fork_repair(void (*what)() noexcept) noexcept;
    fork_repair(const fork_repair&) = delete;
    fork_repair& operator=(const fork_repair&) = delete;
    void (*const repair)() noexcept; // r/o; in the child, nobody else runs what it repairs
    fork_repair* next = nullptr;     // r/o once it is on the list
};

// The parts of this floor, each in the file of what it repairs.
void forget_runtimes() noexcept;        // registry.cpp
void forget_default_runtime() noexcept; // default_runtime.cpp
void forget_depot() noexcept;           // task_pool.cpp
void free_lock_pool() noexcept;         // lock_pool.cpp
void forget_hopeless_waits() noexcept;  // hopeless.cpp

} // namespace weft::scheduler

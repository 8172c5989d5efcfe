// SPDX-License-Identifier: MIT
// A raw kernel thread's record: what the creator, the thread and its joiner know of it. It lies in the thread's own block,
// between its stack and its TLS, and lives as long as the block does.
//
// Who may write what, and when: the creator until the clone; then the thread; the kernel writes `alive` once, at the end; after alive == 0
// whoever ends the thread's ownership (joiner, or the cache for a detached thread).
#pragma once
#include "kernel/thread.hpp"
#include <atomic>
#include <cstdint>
#include <resolv.h>
#undef p_type // <resolv.h> defines it
#include <sched.h>

namespace weft::kernel {

/// Between the thread and its handle; whoever comes second acts.
/// none: a block without a thread (cached).
///   joinable -- detach --> detached -- the thread ends --> the thread puts itself on the list of the dying
///   joinable -- the thread ends --> ended -- detach --> the detacher puts it there;  -- join --> the joiner takes the block
enum class thread_ownership : std::uint32_t { none, joinable, detached, ended };

/// Values of `alive`.
inline constexpr std::uint32_t thread_gone = 0;    // the kernel has cleared the word: the stack is free
inline constexpr std::uint32_t thread_started = 1; // from before the clone
inline constexpr std::uint32_t thread_running = 2; // the thread runs user code; a hint for joiners

struct thread {
    // ---- the block, r/o for its life
    char* mapping = nullptr;
    std::size_t mapping_size = 0;
    char* stack_low = nullptr; // above the guard
    std::size_t stack_size = 0;
    char* thread_pointer = nullptr;
    bool used_before = false; // owner: the cache
    bool resting = false;     // guarded by the cache's lock: cached, so that nobody is changing its TLS at this moment
    thread* next = nullptr;   // guarded by the cache's lock: cached or dying
    thread* next_block = nullptr;     // guarded by the cache's lock: all blocks
    thread* previous_block = nullptr; // guarded by the cache's lock

    // ---- one life
    std::atomic<std::uint32_t> alive{0};   // thread_*: creator, thread, and at the very end the kernel (CLONE_CHILD_CLEARTID)
    std::atomic<std::uint32_t> affinity_answer{0}; // thread: 1 + errno, when CPUs were asked for
    std::atomic<thread_ownership> ownership{thread_ownership::none};
    std::atomic<pid_t> tid{0};     // creator from clone's answer, thread from its descriptor: the same value
    std::uint64_t number = 0;      // creator
    thread_function function = nullptr; // creator
    void* argument = nullptr;      // creator
    char name[16] = {};            // creator; empty: the creator's is inherited
    std::uint64_t signal_mask = 0; // creator: the mask that the thread starts with
    const unsigned long* cpus = nullptr; // creator's stack, until affinity_answer
    std::size_t cpus_size = 0;
    struct __res_state resolver = {}; // thread: what its __resp points to
};

/// The thread's whole life, on its own stack; the clone stubs enter here. kernel/thread_life.cpp
[[noreturn]] void live_and_die(void* record);

/// Where, from a thread pointer, this_thread()'s answer lies: for who makes a kernel thread go on under another one.
[[nodiscard]] std::ptrdiff_t this_thread_offset() noexcept;

} // namespace weft::kernel

// SPDX-License-Identifier: MIT
// What happens when the calling thread ends: the part that promises, packaged tasks and condition variables share.
//
// "The thread" is the running weft::thread or task, else the kernel thread. A task's list runs when its function has returned and its
// callable is destroyed, before its joiner goes on. A foreign kernel thread's list runs among the destructors of its thread_locals, before those
// that were made earlier than its first entry; the main thread's when main has returned.
#pragma once

namespace weft::abi {

struct exit_node {
    void (*run)(exit_node*) noexcept = nullptr; // r/o after registration; may free the node
    exit_node* next = nullptr;                  // owner: the thread
};

/// Makes sure that the next call_at_thread_exit() of this thread cannot fail. Throws std::bad_alloc.
void prepare_thread_exit();

/// The node is run once, in the order of the calls. Only after prepare_thread_exit().
void call_at_thread_exit(exit_node& node) noexcept;

/// Of a task: runs its list now. For a task that tells others about its end by another way than its joiner's, as its last deed.
void run_thread_exit() noexcept;

} // namespace weft::abi

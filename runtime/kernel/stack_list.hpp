// SPDX-License-Identifier: MIT
// glibc's list of threads whose stacks are not its own (_dl_stack_user), on which our threads stand beside main.
//
// Who walks it: dlopen, to initialise a new module's initial-exec TLS in every thread; setxid, to signal every thread (it skips ours, see
// measure::exiting_bit); the debugger's thread_db. Guarded by glibc's own lock, which has the protocol of kernel/lock.hpp.
// A child of fork(2) has a list with the forking thread alone: see thread_block.cpp, after_fork.
#pragma once
#include "kernel/glibc_facts.hpp"

namespace weft::kernel {

/// The node inside the descriptor at this thread pointer.
[[nodiscard]] inline list_node* node_of(char* thread_pointer) noexcept {
    return reinterpret_cast<list_node*>(thread_pointer + glibc().list);
}

/// Links the thread; where the list is not usable, links the node to itself (fork in a worker must find a ring).
void link_thread(char* thread_pointer) noexcept;
void unlink_thread(char* thread_pointer) noexcept;

/// A ring of its own, without touching neighbours: for nodes that a fork left behind.
inline void self_link(list_node* node) noexcept {
    node->next = node;
    node->previous = node;
}

} // namespace weft::kernel

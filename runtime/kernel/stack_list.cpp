// SPDX-License-Identifier: MIT
#include "kernel/stack_list.hpp"
#include "kernel/lock.hpp"
#include "kernel/measures.hpp"

namespace weft::kernel {

void link_thread(char* thread_pointer) noexcept {
    const glibc_facts& f = glibc();
    list_node* node = node_of(thread_pointer);
    self_link(node);
    if (!f.list_usable || !is_on(measure::stack_list)) {
        return;
    }
    guard hold(*static_cast<lock*>(f.symbols.stack_lock));
    list_node* head = f.symbols.stack_user;
    node->next = head->next;
    node->previous = head;
    head->next->previous = node;
    // mo: release, for the compiler alone -> a debugger, which may walk the list at any moment: the node is whole before it is reachable.
    std::atomic_signal_fence(std::memory_order_release);
    head->next = node;
}

void unlink_thread(char* thread_pointer) noexcept {
    const glibc_facts& f = glibc();
    if (!f.list_usable) {
        return;
    }
    guard hold(*static_cast<lock*>(f.symbols.stack_lock));
    list_node* node = node_of(thread_pointer);
    node->next->previous = node->previous;
    node->previous->next = node->next;
    self_link(node);
}

} // namespace weft::kernel

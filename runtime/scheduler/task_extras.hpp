// SPDX-License-Identifier: MIT
// What only some tasks have, so that the others need not pay for it.
#pragma once
#include "kernel/own_tls.hpp"
#include "scheduler/task_locals.hpp"
#include <string>
#include <weft/abi.hpp>
#include <weft/at_thread_exit.hpp>

namespace weft::scheduler {

/// First in, first out.
struct exit_list {
    abi::exit_node* first = nullptr;
    abi::exit_node** last_link = &first;

    exit_list() = default;
    exit_list(const exit_list&) = delete;
    exit_list& operator=(const exit_list&) = delete;

    void append(abi::exit_node& node) noexcept {
        node.next = nullptr;
        *last_link = &node;
        last_link = &node.next;
    }
    /// Also what is appended meanwhile.
    void run() noexcept {
        while (abi::exit_node* node = first) {
            first = node->next;
            if (!first) {
                last_link = &first;
            }
            node->run(node);
        }
    }
};

} // namespace weft::scheduler

struct weft::abi::task_extras {
    std::string name;              // r/o after start
    scheduler::task_locals locals; // owner: the task
    scheduler::exit_list at_exit;  // owner: the task
    kernel::own_tls* tls = nullptr; // owner: the scheduler; from the first run to the end, for a task with own_tls

    /// What is due when the task's function has returned: its locals go first, as a thread's do. Runs user code, which may suspend.
    void run_exit() noexcept {
        locals.destroy_all();
        if (tls) {
            kernel::end_own_tls(*tls);
        }
        at_exit.run();
        locals.destroy_all(); // those that the last calls have made
    }
};

namespace weft::scheduler {

/// Made if need be. Throws std::bad_alloc.
inline abi::task_extras& extras_of(abi::task& t) {
    if (!t.extras) {
        t.extras = new abi::task_extras;
    }
    return *t.extras;
}

} // namespace weft::scheduler

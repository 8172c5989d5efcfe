// SPDX-License-Identifier: MIT
#include "scheduler/carrier.hpp"
#include "scheduler/task_extras.hpp"
#include <weft/at_thread_exit.hpp>

namespace weft::abi {

using namespace weft::scheduler;

namespace {

/// For kernel threads that run no task.
exit_list& list_of_kernel_thread() {
    struct runs_at_end : exit_list {
        ~runs_at_end() { run(); }
    };
    static thread_local runs_at_end list;
    return list;
}

exit_list* list_of_task() noexcept {
    const carrier* c = this_carrier();
    return c && c->running ? &c->running->extras->at_exit : nullptr;
}

} // namespace

void prepare_thread_exit() {
    const carrier* c = this_carrier();
    if (c && c->running) {
        (void)extras_of(*c->running);
    } else {
        (void)list_of_kernel_thread();
    }
}

void call_at_thread_exit(exit_node& node) noexcept {
    if (exit_list* list = list_of_task()) {
        list->append(node);
    } else {
        list_of_kernel_thread().append(node); // no suspension since it was found
    }
}

void run_thread_exit() noexcept {
    const carrier* c = this_carrier();
    if (c->running->extras) {
        c->running->extras->run_exit();
    }
}

} // namespace weft::abi

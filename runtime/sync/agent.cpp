// SPDX-License-Identifier: MIT
// Who is asking: a task, or a kernel thread that runs none. One set of numbers for both, so that they can be compared.
#include "scheduler/runtime_core.hpp"
#include <weft/stop_token.hpp>

namespace weft::abi {

namespace {
[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint64_t number_of_kernel_thread = 0; // 0: not asked yet
} // namespace

std::uint64_t agent_number() noexcept {
    const scheduler::carrier* c = scheduler::this_carrier();
    if (c && c->running) {
        return c->running->id;
    }
    // From here on no suspension: the address of the thread_local stays right.
    if (number_of_kernel_thread == 0) {
        number_of_kernel_thread = scheduler::reserve_task_ids(1);
    }
    return number_of_kernel_thread;
}

} // namespace weft::abi

// SPDX-License-Identifier: MIT
#include "scheduler/task_locals.hpp"
#include "scheduler/carrier.hpp"
#include "scheduler/task_extras.hpp"
#include <weft/task_local.hpp>

namespace weft::abi {

using namespace weft::scheduler;

namespace {

/// For kernel threads that run no task: they do not migrate.
task_locals& locals_of_kernel_thread() {
    static thread_local task_locals values;
    return values;
}

} // namespace

std::uint64_t new_local_number() noexcept {
    static constinit std::atomic<std::uint64_t> next{1};
    // mo: relaxed: only the numbers must differ.
    return next.fetch_add(1, std::memory_order_relaxed);
}

void* find_local(std::uint64_t number) noexcept {
    if (const task* t = running_task()) {
        return t->extras ? t->extras->locals.find(number) : nullptr;
    }
    return locals_of_kernel_thread().find(number);
}

namespace {

/// Those of whoever is running, made if need be.
task_locals& own_locals() {
    task* t = running_task();
    if (!t) {
        return locals_of_kernel_thread();
    }
    return extras_of(*t).locals;
}

} // namespace

void add_local(std::uint64_t number, void* value, void (*destroy)(void*) noexcept) {
    own_locals().add(number, value, destroy);
}

void set_local(std::uint64_t number, void* value) {
    task_locals& mine = own_locals();
    if (!mine.replace(number, value)) {
        mine.add(number, value, nullptr);
    }
}

} // namespace weft::abi

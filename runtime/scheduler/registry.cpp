// SPDX-License-Identifier: MIT
// What belongs to the process and not to one runtime: the list of living runtimes, the task ids, and whose the caller is.
#include "scheduler/runtime_core.hpp"
#include <new>

namespace weft::scheduler {

namespace {
constinit kernel::lock registry_lock;
constinit runtime_core* newest = nullptr;              // guarded by registry_lock
constinit std::atomic<runtime_core*> oldest{nullptr};  // written under registry_lock
constinit std::atomic<std::uint64_t> next_id{1};       // atomic, see mo

void publish_oldest_locked() noexcept {
    runtime_core* last = newest;
    while (last && last->next_living) {
        last = last->next_living;
    }
    // mo: release -> oldest_runtime's acquire: the runtime is built.
    oldest.store(last, std::memory_order_release);
}
} // namespace

std::uint64_t reserve_task_ids(std::uint64_t count) noexcept {
    // mo: relaxed: only the numbers must differ.
    return next_id.fetch_add(count, std::memory_order_relaxed);
}

runtime_core* oldest_runtime() noexcept {
    notice_fork();
    // mo: acquire -> publish_oldest_locked's release.
    return oldest.load(std::memory_order_acquire);
}

/// There it may be a carrier of the parent's, whose task has forked: from its first look on that is a plain kernel thread.
carrier* suspending_carrier_in_child() noexcept {
    carrier* const c = this_carrier();
    if (c && c->held && c->core.lost_to_fork()) {
        c->held = nullptr;
    }
    return c && c->held ? c : nullptr;
}

runtime_core* runtime_of_caller() noexcept {
    const bool in_child = generation() != 0;
    carrier* const c = this_carrier();
    return c && !(in_child && c->core.lost_to_fork()) ? &c->core : oldest_runtime();
}

void enter_registry(runtime_core& core) noexcept {
    notice_fork();
    kernel::guard hold(registry_lock);
    core.next_living = newest;
    newest = &core;
    publish_oldest_locked();
}

void leave_registry(runtime_core& core) noexcept {
    notice_fork();
    kernel::guard hold(registry_lock);
    runtime_core** link = &newest;
    while (*link && *link != &core) {
        link = &(*link)->next_living;
    }
    if (*link) {
        *link = core.next_living;
    }
    publish_oldest_locked();
}

void forget_runtimes() noexcept {
    ::new (static_cast<void*>(&registry_lock)) kernel::lock;
    newest = nullptr;
    // mo: relaxed: the mark publishes it.
    oldest.store(nullptr, std::memory_order_relaxed);
}

} // namespace weft::scheduler

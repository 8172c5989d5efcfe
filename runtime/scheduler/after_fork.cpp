// SPDX-License-Identifier: MIT
#include "scheduler/after_fork.hpp"

namespace weft::scheduler {

constinit kernel::fork_mark process_mark;
constinit std::atomic<std::uint32_t> forks_noticed{0};

namespace {

constinit std::atomic<fork_repair*> repairs{nullptr}; // atomic, see mo

/// Foreign threads use the lock pool without any runtime.
const bool watching = (watch_for_forks(), true);

} // namespace

void watch_for_forks() noexcept {
    process_mark.plant();
}

void repair_after_fork() noexcept {
    process_mark.notice([] {
        forget_runtimes();
        forget_default_runtime();
        forget_depot();
        free_lock_pool();
        forget_hopeless_waits();
        // mo: acquire -> fork_repair's CAS.
        for (const fork_repair* r = repairs.load(std::memory_order_acquire); r; r = r->next) {
            r->repair();
        }
        // mo: relaxed: the mark's store of `whole` publishes it.
        forks_noticed.fetch_add(1, std::memory_order_relaxed);
    });
}

fork_repair::fork_repair(void (*what)() noexcept) noexcept : repair(what) {
    // mo: relaxed: a look; the CAS decides.
    next = repairs.load(std::memory_order_relaxed);
    // mo: release -> repair_after_fork's acquire: this object. Failure relaxed: we look again.
    while (!repairs.compare_exchange_weak(next, this, std::memory_order_release, std::memory_order_relaxed)) {
    }
}

} // namespace weft::scheduler

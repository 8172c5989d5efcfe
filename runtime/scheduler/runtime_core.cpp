// SPDX-License-Identifier: MIT
#include "scheduler/runtime_core.hpp"
#include "base/check.hpp"
#include "kernel/features.hpp"
#include "kernel/thread.hpp"
#include "scheduler/birthplace.hpp"
#include "scheduler/diagnosis.hpp"
#include "scheduler/pinning.hpp"
#include "scheduler/stack_overflow.hpp"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <sched.h>
#include <system_error>

namespace weft::abi {

using namespace weft::scheduler;

namespace {

weft::runtime_options checked(weft::runtime_options o) {
    if (o.workers == 0) {
        throw bad_option("weft::runtime_options: workers is 0; a runtime needs at least one worker");
    }
    if (o.workers > 1024) {
        throw bad_option("weft::runtime_options: workers is " + std::to_string(o.workers) +
                         "; more than 1024 kernel threads cannot be meant");
    }
    if (o.stack_size < 16 * 1024 || o.stack_size > (std::size_t{1} << 30)) {
        throw bad_option("weft::runtime_options: stack_size is " + std::to_string(o.stack_size) +
                         " bytes; it must lie between 16 KiB and 1 GiB");
    }
    if (o.max_blocking > 32768) {
        throw bad_option("weft::runtime_options: max_blocking is " + std::to_string(o.max_blocking) +
                         "; more than 32768 spare kernel threads cannot be meant");
    }
    o.name.resize(std::min<std::size_t>(o.name.size(), 10)); // comm holds 15 bytes: name, '/', number
    return o;
}

} // namespace

runtime_core::runtime_core(weft::runtime_options o, const char* root)
    : options(checked(std::move(o))), worker_count(options.workers), cpu_count(kernel::usable_cpus()),
      // More workers than CPUs: a spinning searcher would take the CPU from one that works.
      search_rounds(worker_count > cpu_count ? 2 : 64),
      cpus(options.pin_workers ? cpus_of_this_thread() : std::vector<unsigned>()),
      order(victims::of_machine(worker_count, cpus, root)), stacks({.stack_size = options.stack_size}) {
    workers.reserve(worker_count);
    for (unsigned i = 0; i < worker_count; ++i) {
        workers.push_back(std::make_unique<worker>(*this, i));
    }
    watch_for_forks();
    plant_panic_context();
    report_stack_overflows();
}

runtime_core::~runtime_core() {
    workers.clear(); // their caches go to the depot
    if (!oldest_runtime()) {
        the_task_depot.tidy_all();
    }
}

void runtime_core::start() {
    for (auto& w : workers) {
        if (const int error = start_carrier(*w)) {
            const unsigned index = w->index;
            // mo: release -> stopping()'s acquire.
            stopping_.store(true, std::memory_order_release);
            end_carriers();
            throw std::system_error(error, std::system_category(),
                                    "weft::runtime: the kernel refused kernel thread " + std::to_string(index + 1) + " of " +
                                        std::to_string(worker_count) + " (see RLIMIT_NPROC, kernel.threads-max, pids.max)");
        }
    }
    enter_registry(*this);
}

int runtime_core::start_carrier(worker& first) noexcept {
    auto c = std::unique_ptr<carrier>(new (std::nothrow) carrier(*this));
    if (!c) {
        return ENOMEM;
    }
    char name[16];
    std::snprintf(name, sizeof name, "%s/%u", options.name.c_str(), first.index);
    kernel::thread_options how;
    how.stack_size = 128 * 1024;
    how.name = name;
    c->assigned = &first;
    // Held across the start: the list knows every carrier before it can end.
    kernel::guard hold(carriers_lock);
    if (made_count >= worker_count + options.max_blocking) {
        return EAGAIN;
    }
    auto started = kernel::start_thread([](void* self) { static_cast<carrier*>(self)->run(); }, c.get(), how);
    if (!started) {
        return started.why().error;
    }
    c->thread = started.value();
    c->next_made = made;
    made = c.release();
    ++made_count;
    return 0;
}

bool runtime_core::give_to_spare(worker& w) noexcept {
    {
        kernel::guard hold(carriers_lock);
        if (carrier* c = spares) {
            spares = c->next_spare;
            c->listed_as_spare = false;
            c->assigned = &w;
            c->sleep.unpark();
            return true;
        }
    }
    return give_birth([&] { return start_carrier(w) == 0; });
}

void runtime_core::end_carriers() noexcept {
    // Freed when all have ended, not one by one: a carrier that has claimed another's worker may have been overtaken by everything that
    // followed, and touches the other's parker last of all.
    carrier* ended = nullptr;
    for (;;) {
        carrier* c = nullptr;
        {
            kernel::guard hold(carriers_lock);
            // Everybody is told again in each round: a carrier may be made by one that is about to leave.
            for (carrier* each = made; each; each = each->next_made) {
                each->sleep.unpark();
            }
            c = made;
            if (c) {
                made = c->next_made;
            }
        }
        if (!c) {
            break;
        }
        kernel::join_thread(c->thread);
        c->next_made = ended;
        ended = c;
    }
    while (carrier* c = ended) {
        ended = c->next_made;
        delete c;
    }
}

void runtime_core::stop() noexcept {
    base::check(!lost_to_fork(), "a runtime that the parent process made was stopped in a child of fork()");
    const carrier* self = this_carrier();
    base::check(!self || &self->core != this, "a weft::runtime was destroyed by one of its own tasks: it would wait for itself");
    leave_registry(*this);
    // mo: relaxed: ordered by the fence.
    closing_.store(true, std::memory_order_relaxed);
    // Without the fence a worker could miss closing_ on its way to a park while we miss its last finished task.
    // mo: seq_cst fence -> the fence in carrier::park.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    while (!quiescent()) {
        closer_.park();
    }
    // mo: acquire -> inject's release of the last visitor: it is out of our memory.
    while (visitors_.load(std::memory_order_acquire) != 0) {
        sched_yield(); // a visitor is between a push and the end of a notify: nanoseconds, unless it was preempted
    }
    // mo: release -> stopping()'s acquire.
    stopping_.store(true, std::memory_order_release);
    end_carriers();
}

bool runtime_core::quiescent() const noexcept {
    // Ends first, starts second: every end that we count had its start before, so equal sums mean that nothing ran in
    // between.
    std::uint64_t finished = 0;
    for (const auto& w : workers) {
        // mo: acquire -> worker::count's release.
        finished += w->finished.load(std::memory_order_acquire);
    }
    // mo: acquire -> inject_new's add.
    std::uint64_t started = foreign_started_.load(std::memory_order_acquire);
    for (const auto& w : workers) {
        // mo: acquire -> worker::count's release.
        started += w->started.load(std::memory_order_acquire);
    }
    return started == finished;
}

bool runtime_core::has_work() const noexcept {
    if (!injected.empty()) {
        return true;
    }
    for (const auto& w : workers) {
        if (w->has_work()) {
            return true;
        }
    }
    return false;
}

void runtime_core::notify() noexcept {
    wake(idle.claim_for_work());
}

void runtime_core::find_keeper() noexcept {
    // Without the fence we could miss a worker that parks while it misses that there is no keeper.
    // mo: seq_cst fence -> the fences in carrier::park and enter_blocking.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (idle.parked() != 0) {
        wake(idle.claim_any());
    }
}

void runtime_core::wake(const claim& parked) noexcept {
    if (!parked) {
        return;
    }
    if (parked.on) {
        parked.on->sleep.unpark();
        return;
    }
    if (give_to_spare(*parked.claimed)) {
        return;
    }
    // No kernel thread for it, so back on the list: W1 to W3 of idle.hpp again, since it counted as a searcher for a moment. If another
    // parked worker has a kernel thread, that one goes; else a running worker will see the work, or the task that blocks will, when it
    // takes its worker off the list.
    idle.park(*parked.claimed, idle_place::back);
    // mo: seq_cst fence -> the fence in claim_for_work, or the exchange of swap_slot (P2).
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (has_work() || clock.lacks_keeper()) {
        if (const claim other = idle.claim_with_carrier()) {
            other.on->sleep.unpark();
        }
    }
}

void runtime_core::inject(task* t) noexcept {
    if (lost_to_fork()) [[unlikely]] {
        return; // the parent's task: it was handed something here, and does not exist to take it
    }
    // mo: relaxed: it only must be visible before t can end, and the push below publishes both.
    visitors_.fetch_add(1, std::memory_order_relaxed);
    injected.push(t);
    notify();
    // mo: release -> stop()'s acquire: we are out of the runtime's memory.
    visitors_.fetch_sub(1, std::memory_order_release);
}

void runtime_core::inject_new(task* t) noexcept {
    // mo: release -> quiescent's acquire.
    foreign_started_.fetch_add(1, std::memory_order_release);
    inject(t);
}

} // namespace weft::abi

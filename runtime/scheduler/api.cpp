// SPDX-License-Identifier: MIT
// The public functions that a task calls about itself or to make others: thin, over the scheduler's parts.
#include "kernel/clock.hpp"
#include "kernel/features.hpp"
#include "kernel/syscall.hpp"
#include "scheduler/default_runtime.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/suspend.hpp"
#include "scheduler/task_extras.hpp"
#include <ctime>
#include <memory>
#include <weft/weft.hpp>

namespace weft {

using namespace weft::scheduler;

namespace abi {

namespace {

/// By somebody who is not on a worker of `core`.
[[gnu::noinline]] task* make_task_elsewhere(runtime_core* core, const carrier* c) {
    if (!core) {
        core = runtime_of_caller();
        if (!core && parent_had_default_runtime()) {
            core = &default_runtime();
        }
        if (!core) {
            throw no_runtime("weft::spawn: no weft::runtime lives; construct one before the first task");
        }
    } else if (core->lost_to_fork()) [[unlikely]] {
        throw no_runtime("weft: this runtime was made before fork(), and its kernel threads are the parent's; make another in the child");
    }
    task* t = nullptr;
    if (c) {
        t = make_task_on(*c->held);
    } else {
        t = take_from_depot();
        t->id = reserve_task_ids(1);
    }
    t->home = core;
    return t;
}

} // namespace

task* make_task(runtime_core* core) {
    const carrier* const c = suspending_carrier();
    return c && (!core || core == &c->core) ? make_task_on(*c->held) : make_task_elsewhere(core, c);
}

void abandon_task(task* fresh) noexcept {
    release_task(fresh);
}

void name_task(task* fresh, std::string_view name) {
    extras_of(*fresh).name = name;
}

void give_own_tls(task* fresh) {
    if (kernel::own_tls_possible) {
        (void)extras_of(*fresh);
        fresh->own_tls = 1;
    }
}

void start_task(task* fresh) noexcept {
    // mo: relaxed: we are its owner; the queue publishes it.
    fresh->state.store(task_state::ready, std::memory_order_relaxed);
    carrier* c = this_carrier();
    if (c && c->held && &c->core == fresh->home) {
        worker::count(c->held->started);
        c->held->add_fresh(fresh);
    } else {
        fresh->home->inject_new(fresh);
    }
}

std::uint64_t ns_from_now(std::chrono::nanoseconds duration) noexcept {
    const std::uint64_t now = kernel::monotonic_ns();
    const auto wait = static_cast<std::uint64_t>(duration.count());
    return wait > kernel::never - now ? kernel::never : now + wait;
}

namespace {

struct sleeper : time::timer {
    task* self = nullptr;
};

void wake_sleeper(time::timer& t) noexcept {
    resume(static_cast<sleeper&>(t).self);
}

void sleep_until_due(void* argument, task* self) noexcept {
    auto* s = static_cast<sleeper*>(argument);
    runtime_core& core = *self->home;
    s->self = self;
    // From here on the task may run and end; the core stays, since we are on one of its workers.
    if (!core.clock.insert(*s)) {
        core.find_keeper();
    }
}

} // namespace

void sleep_until_ns(std::uint64_t deadline_ns) {
    if (const carrier* c = suspending_carrier()) {
        c->core.clock.reserve();
        sleeper s;
        s.deadline = deadline_ns;
        s.fire = &wake_sleeper;
        suspend(&sleep_until_due, &s);
        return;
    }
    timespec deadline{};
    constexpr std::uint64_t second = 1'000'000'000;
    deadline.tv_sec = static_cast<time_t>(deadline_ns / second);
    deadline.tv_nsec = static_cast<long>(deadline_ns % second);
    while (kernel::system_call(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr) == -EINTR) {
    }
}

} // namespace abi

void yield() noexcept {
    if (carrier* const c = suspending_carrier()) {
        yield_running(*c);
    } else {
        (void)kernel::system_call(SYS_sched_yield);
    }
}

unsigned usable_cpus() noexcept {
    return kernel::usable_cpus();
}

namespace this_task {

std::uint64_t id() noexcept {
    const carrier* c = this_carrier();
    return c && c->running ? c->running->id : 0;
}

std::string_view name() noexcept {
    const carrier* c = this_carrier();
    return c && c->running && c->running->extras ? std::string_view(c->running->extras->name) : std::string_view();
}

int worker() noexcept {
    const carrier* c = suspending_carrier();
    return c ? static_cast<int>(c->held->index) : -1;
}

} // namespace this_task

runtime::runtime(runtime_options options) : core_(nullptr) {
    auto core = std::make_unique<abi::runtime_core>(std::move(options));
    core->start();
    core_ = core.release();
}

runtime::~runtime() {
    if (core_->lost_to_fork()) {
        return; // nothing of it runs here, and what it holds is as the parent's threads left it
    }
    abi::blocking_section outside; // a task of another runtime does not hold up its worker
    core_->stop();
    delete core_;
}

unsigned runtime::workers() const noexcept {
    return core_->worker_count;
}

void runtime::dump(int descriptor) const noexcept {
    core_->dump(descriptor);
}

} // namespace weft

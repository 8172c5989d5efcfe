// SPDX-License-Identifier: MIT
#include "scheduler/diagnosis.hpp"
#include "base/check.hpp"
#include "kernel/syscall.hpp"
#include "scheduler/carrier.hpp"
#include "scheduler/hopeless.hpp"
#include "scheduler/runtime_core.hpp"
#include "scheduler/task_extras.hpp"
#include <cinttypes>
#include <cstdio>

namespace weft::scheduler {

const char* name_of(task_state state) noexcept {
    switch (state) {
    case task_state::made:
        return "made";
    case task_state::ready:
        return "ready";
    case task_state::running:
        return "running";
    case task_state::suspended:
        return "suspended";
    case task_state::blocking:
        return "blocking";
    case task_state::done:
        return "done";
    }
    return "?";
}

unsigned describe(const task* t, char* buffer, unsigned size) noexcept {
    const char* name = t->extras ? t->extras->name.c_str() : "";
    // mo: relaxed: a sketch.
    const char* state = name_of(t->state.load(std::memory_order_relaxed));
    const int n = *name ? std::snprintf(buffer, size, "task %" PRIu64 " '%s' (%s)", t->id, name, state)
                        : std::snprintf(buffer, size, "task %" PRIu64 " (%s)", t->id, state);
    return n < 0 ? 0 : static_cast<unsigned>(n) < size ? static_cast<unsigned>(n) : size - 1;
}

void terminate_for_lost_exception(const task* t, std::exception_ptr error) noexcept {
    char text[512];
    unsigned n = static_cast<unsigned>(std::snprintf(text, sizeof text, "weft: an exception left a detached task: "));
    n += describe(t, text + n, static_cast<unsigned>(sizeof text) - n - 1);
    text[n++] = '\n';
    (void)kernel::system_call(SYS_write, 2, text, n);
    try {
        std::rethrow_exception(std::move(error));
    } catch (...) {
        std::terminate(); // with the exception current, so that its type and what() are reported
    }
}

namespace {
unsigned describe_running(char* buffer, unsigned size) noexcept {
    const carrier* c = this_carrier();
    if (!c || !c->running || size < 64) {
        return 0;
    }
    unsigned n = static_cast<unsigned>(std::snprintf(buffer, size, "weft: in "));
    n += describe(c->running, buffer + n, size - n - 1);
    buffer[n++] = '\n';
    return n;
}
} // namespace

void plant_panic_context() noexcept {
    // mo: relaxed: as in base::panic.
    base::panic_context.store(&describe_running, std::memory_order_relaxed);
}

} // namespace weft::scheduler

void weft::abi::joinable_handle_lost(const task* t) noexcept {
    char text[512];
    char who[256];
    const unsigned n = scheduler::describe(t, who, sizeof who);
    std::snprintf(text, sizeof text, "a joinable join_handle was destroyed or overwritten: join or detach %.*s first",
                  static_cast<int>(n), who);
    base::panic(text);
}

void weft::abi::runtime_core::dump(int descriptor) const noexcept {
    char text[1024];
    auto say = [&](int n) {
        if (n > 0) {
            (void)kernel::system_call(SYS_write, descriptor, text,
                                      n < int{sizeof text} ? static_cast<std::size_t>(n) : sizeof text - 1);
        }
    };
    say(std::snprintf(text, sizeof text,
                      "weft: runtime '%s': %u workers, %u parked, %u searching, %zu injected, next timer %s, %s%s\n",
                      options.name.c_str(), worker_count, idle.parked(), idle.searching(), injected.size(),
                      clock.pending() ? "pending" : "none", closing() ? "closing " : "", stopping() ? "stopping" : ""));
    std::uint64_t started = foreign_started_.load(std::memory_order_relaxed); // mo: relaxed: a sketch
    std::uint64_t finished = 0;
    for (const auto& w : workers) {
        started += w->started.load(std::memory_order_relaxed);   // mo: relaxed: a sketch
        finished += w->finished.load(std::memory_order_relaxed); // mo: relaxed: a sketch
        const task* t = w->running.load(std::memory_order_relaxed); // mo: relaxed: a sketch
        const bool on = w->on.load(std::memory_order_relaxed) != nullptr; // mo: relaxed: a sketch
        say(std::snprintf(text, sizeof text, "weft:   worker %u: %s, task %" PRIu64 "%s\n", w->index,
                          on ? "on a kernel thread" : "given away", t ? t->id : 0, w->has_work() ? ", has work queued" : ""));
    }
    say(std::snprintf(text, sizeof text, "weft:   tasks: %" PRIu64 " started, %" PRIu64 " finished\n", started, finished));
    scheduler::hopeless_wait::list(*this, [descriptor](const char* line, std::size_t length) {
        (void)kernel::system_call(SYS_write, descriptor, line, length);
    });
}

// SPDX-License-Identifier: MIT
#include "scheduler/stack_overflow.hpp"
#include "kernel/syscall.hpp"
#include "scheduler/carrier.hpp"
#include "scheduler/diagnosis.hpp"
#include "scheduler/runtime_core.hpp"
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>

namespace weft::scheduler {

namespace {

/// The running task of this kernel thread, if `fault` lies in the guard of its stack.
const task* overflowed_at(const void* fault) noexcept {
    const carrier* c = this_carrier();
    if (!c || !c->running || !c->running->stack_top) {
        return nullptr;
    }
    const context::stack_pool& stacks = c->core.stacks;
    const auto guard = reinterpret_cast<std::uintptr_t>(stacks.guard_of(c->running->stack_top));
    return reinterpret_cast<std::uintptr_t>(fault) - guard < stacks.guard_size() ? c->running : nullptr;
}

void on_fault(int signal, siginfo_t* info, void*) {
    const int kept_errno = errno;
    if (const task* t = overflowed_at(info->si_addr)) {
        char text[512];
        constexpr unsigned room = sizeof text;
        unsigned n = static_cast<unsigned>(std::snprintf(text, room, "weft: stack overflow in "));
        n += describe(t, text + n, room - 128 - n);
        n += static_cast<unsigned>(std::snprintf(text + n, room - n, ": its stack has %zu bytes; runtime_options::stack_size makes it larger\n",
                                                 t->home->stacks.usable_size()));
        (void)kernel::system_call(SYS_write, 2, text, n);
    }
    // The faulting instruction runs again and ends the process, so that a core shows the place.
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
    errno = kept_errno;
}

} // namespace

void report_stack_overflows() noexcept {
    static constinit std::atomic<bool> done{false};
    // mo: relaxed: only who comes first matters.
    if (done.exchange(true, std::memory_order_relaxed)) {
        return;
    }
    struct sigaction before = {};
    if (sigaction(SIGSEGV, nullptr, &before) != 0 || (before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL) {
        return;
    }
    struct sigaction action = {};
    action.sa_sigaction = &on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, nullptr);
}

signal_stack::signal_stack() noexcept {
    stack_t before = {};
    if (sigaltstack(nullptr, &before) != 0 || (before.ss_flags & SS_DISABLE) == 0) {
        return;
    }
    stack_t stack = {};
    stack.ss_sp = room_;
    stack.ss_size = sizeof room_;
    ours_ = sigaltstack(&stack, nullptr) == 0;
}

signal_stack::~signal_stack() {
    stack_t now = {};
    if (ours_ && sigaltstack(nullptr, &now) == 0 && now.ss_sp == room_) { // a task may have put another in its place
        stack_t none = {};
        none.ss_flags = SS_DISABLE;
        sigaltstack(&none, nullptr);
    }
}

} // namespace weft::scheduler

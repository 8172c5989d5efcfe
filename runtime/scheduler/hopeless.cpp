// SPDX-License-Identifier: MIT
#include "scheduler/hopeless.hpp"
#include "kernel/lock.hpp"
#include "scheduler/carrier.hpp"
#include "scheduler/diagnosis.hpp"
#include "scheduler/after_fork.hpp"
#include <cstdio>
#include <new>

namespace weft::scheduler {

namespace {

constinit kernel::lock list_lock;
constinit hopeless_wait* first = nullptr; // guarded by list_lock

} // namespace

hopeless_wait::hopeless_wait(const char* what) noexcept : what_(what), who_(running_task()) {
    notice_fork();
    kernel::guard hold(list_lock);
    next_ = first;
    if (first) {
        first->previous_ = this;
    }
    first = this;
}

void forget_hopeless_waits() noexcept {
    ::new (static_cast<void*>(&list_lock)) kernel::lock;
    first = nullptr;
}

hopeless_wait::~hopeless_wait() {
    kernel::guard hold(list_lock);
    (previous_ ? previous_->next_ : first) = next_;
    if (next_) {
        next_->previous_ = previous_;
    }
}

void hopeless_wait::list_lines(const abi::runtime_core& core, void (*say)(void*, const char*, std::size_t) noexcept,
                               void* to) noexcept {
    if (!list_lock.try_acquire()) {
        return;
    }
    for (const hopeless_wait* w = first; w; w = w->next_) { // who is listed waits, so its task lives
        if (w->who_ && w->who_->home != &core) {
            continue;
        }
        char who[256];
        const int n = w->who_ ? static_cast<int>(describe(w->who_, who, sizeof who))
                              : std::snprintf(who, sizeof who, "a kernel thread that runs no task");
        char line[512];
        const int length = std::snprintf(line, sizeof line, "weft:   %.*s waits for ever: %s\n", n, who, w->what_);
        if (length > 0) {
            say(to, line, static_cast<std::size_t>(length) < sizeof line ? static_cast<std::size_t>(length) : sizeof line - 1);
        }
    }
    list_lock.release();
}

} // namespace weft::scheduler

// SPDX-License-Identifier: MIT
#include "io/driver.hpp"
#include "base/check.hpp"
#include "kernel/clock.hpp"
#include "kernel/descriptor.hpp"
#include "kernel/futex.hpp"
#include "kernel/signal_mask.hpp"
#include "kernel/syscall.hpp"
#include "kernel/thread.hpp"
#include "scheduler/after_fork.hpp"
#include <cerrno>
#include <ctime>
#include <new>
#include <utility>
#include <sys/epoll.h>
#include <sys/timerfd.h>

namespace weft::io {

namespace {

using kernel::close_descriptor;
using kernel::never;
using kernel::system_call;

constexpr int linger_ms = 50;
constexpr int batch = 64;

constinit kernel::lock making;
constinit driver* made = nullptr; // guarded by making

/// In a child of fork(): the thread and its waiters are the parent's.
void forget_driver() noexcept {
    ::new (static_cast<void*>(&making)) kernel::lock;
    if (made) {
        made->abandon();
        made = nullptr; // its memory is as the parent's threads left it
    }
}

scheduler::fork_repair repair(&forget_driver);

} // namespace

driver& the_driver() noexcept {
    scheduler::notice_fork();
    kernel::guard hold(making);
    if (!made) {
        made = new (std::nothrow) driver;
        base::check(made != nullptr, "no memory for the readiness driver");
    }
    return *made;
}

int driver::enter() noexcept {
    kernel::guard hold(lock_);
    try {
        deadlines_.reserve(users_ + 1); // each has one deadline at most
    } catch (const std::bad_alloc&) {
        return ENOMEM;
    }
    if (!running_) {
        if (const int error = start_locked()) {
            return error;
        }
    }
    ++users_;
    return 0;
}

void driver::abandon() noexcept {
    // The child may have closed them, and opened other files under these numbers.
    epoll_event same{};
    same.events = EPOLLIN;
    if (running_ && system_call(SYS_epoll_ctl, epoll_, EPOLL_CTL_MOD, timer_, &same) == 0) {
        close_descriptor(epoll_);
        close_descriptor(timer_);
    }
}

void driver::leave() noexcept {
    kernel::guard hold(lock_);
    leave_locked();
}

void driver::leave_locked() noexcept {
    if (--users_ == 0) {
        set_timer_locked(1); // the thread sleeps without limit: it shall see that it may end
    }
}

bool driver::call(bool (*f)(void*), void* argument) noexcept {
    request r{f, argument, nullptr};
    {
        kernel::guard hold(lock_);
        r.next = requests_;
        requests_ = &r;
        set_timer_locked(1);
    }
    // mo: acquire -> serve_requests' release: the answer.
    while (r.done.load(std::memory_order_acquire) == 0) {
        kernel::futex_wait(r.done, 0);
    }
    return r.answer;
}

void driver::serve_requests() noexcept {
    request* next = nullptr;
    {
        kernel::guard hold(lock_);
        next = std::exchange(requests_, nullptr);
    }
    while (next) {
        request& r = *next;
        next = r.next;
        r.answer = r.f(r.argument);
        // mo: release -> call's acquire: the answer. r may be gone afterwards; a wake of what is there then harms nobody.
        r.done.store(1, std::memory_order_release);
        kernel::futex_wake(r.done, 1);
    }
}

bool driver::wait(waiter& w) noexcept {
    kernel::guard hold(lock_); // W1
    const bool limited = w.deadline != never;
    if (limited) {
        deadlines_.insert(w); // enter() made room
        if (w.deadline < timer_set_) {
            set_timer_locked(w.deadline); // W2
        }
    }
    epoll_event wanted{};
    wanted.events = w.events;
    wanted.data.ptr = &w;
    const long answer = system_call(SYS_epoll_ctl, epoll_, EPOLL_CTL_ADD, w.descriptor, &wanted); // W3
    if (answer >= 0) {
        return true;
    }
    if (limited) {
        deadlines_.remove(w);
    }
    close_descriptor(w.descriptor);
    w.error = static_cast<int>(-answer);
    leave_locked();
    return false;
}

int driver::start_locked() noexcept {
    const long epoll = system_call(SYS_epoll_create1, EPOLL_CLOEXEC);
    if (epoll < 0) {
        return static_cast<int>(-epoll);
    }
    const long timer = system_call(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    epoll_event wanted{};
    wanted.events = EPOLLIN; // data.ptr null: the timer
    const long added = timer < 0 ? timer : system_call(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, timer, &wanted);
    if (added < 0) {
        if (timer >= 0) {
            close_descriptor(static_cast<int>(timer));
        }
        close_descriptor(static_cast<int>(epoll));
        return static_cast<int>(-added);
    }
    epoll_ = static_cast<int>(epoll);
    timer_ = static_cast<int>(timer);
    timer_set_ = never;
    kernel::thread_options how;
    how.name = "weft/io";
    kernel::result<kernel::thread*> started = kernel::refusal{EAGAIN, ""};
    {
        const kernel::signals_blocked blocked; // inherited: handlers belong to the user's threads
        started = kernel::start_thread([](void* self) { static_cast<driver*>(self)->run(); }, this, how);
    }
    if (!started) {
        close_descriptor(timer_);
        close_descriptor(epoll_);
        return started.why().error;
    }
    kernel::detach_thread(started.value());
    running_ = true;
    return 0;
}

/// Sets the timerfd; 0 would switch it off, so that is said as "never".
void driver::set_timer_locked(std::uint64_t deadline) noexcept {
    itimerspec when{};
    if (deadline != never) {
        when.it_value.tv_sec = static_cast<time_t>(deadline / 1'000'000'000u);
        when.it_value.tv_nsec = static_cast<long>(deadline % 1'000'000'000u);
        if (deadline == 0) {
            when.it_value.tv_nsec = 1;
        }
    }
    timer_set_ = deadline;
    (void)system_call(SYS_timerfd_settime, timer_, TFD_TIMER_ABSTIME, &when, nullptr);
}

void driver::run() noexcept {
    const int epoll = epoll_;
    bool idle = false;
    for (;;) {
        epoll_event events[batch];
        const long n = system_call(SYS_epoll_pwait, epoll, events, batch, idle ? linger_ms : -1, nullptr, 0);
        bool timer = false;
        for (long i = 0; i < n; ++i) {
            if (auto* w = static_cast<waiter*>(events[i].data.ptr)) {
                fire(*w, wait_outcome::ready);
            } else {
                timer = true;
            }
        }
        if (timer) {
            serve_requests();
            fire_due();
        }
        if (n == 0 && idle && end_when_idle()) {
            return;
        }
        kernel::guard hold(lock_);
        idle = users_ == 0;
    }
}

/// The thread's last act in the driver: from then on the next enter() makes everything anew.
bool driver::end_when_idle() noexcept {
    kernel::guard hold(lock_);
    if (users_ != 0) {
        return false;
    }
    close_descriptor(timer_);
    close_descriptor(epoll_);
    running_ = false;
    return true;
}

void driver::fire_due() noexcept {
    std::uint64_t expirations = 0;
    (void)system_call(SYS_read, timer_, &expirations, sizeof expirations);
    for (;;) {
        waiter* due = nullptr;
        {
            kernel::guard hold(lock_);
            due = static_cast<waiter*>(deadlines_.pop_due(kernel::monotonic_ns()));
            if (!due) {
                set_timer_locked(requests_ ? 1 : deadlines_.empty() ? never : deadlines_.earliest());
                return;
            }
        }
        fire(*due, wait_outcome::timed_out); // ours still: nobody else takes waiters out (I1)
    }
}

void driver::fire(waiter& w, wait_outcome outcome) noexcept {
    {
        kernel::guard hold(lock_); // D2, D3
        deadlines_.remove(w);
        epoll_event ignored{};
        (void)system_call(SYS_epoll_ctl, epoll_, EPOLL_CTL_DEL, w.descriptor, &ignored);
        --users_;
    }
    close_descriptor(w.descriptor);
    w.outcome = outcome;
    w.done(w); // D4
}

} // namespace weft::io

// SPDX-License-Identifier: MIT
// weft::process: the handle. Waiting is waiting for the pidfd, so a task suspends; the status is then taken without waiting.
//
// detach() leaves the pidfd to the readiness driver, which takes the status when it comes. When the driver is not to be had the
// pidfd goes on a list that each later process looks through.
#include "base/check.hpp"
#include "base/throw_errno.hpp"
#include "io/driver.hpp"
#include "io/process_plan.hpp"
#include "kernel/descriptor.hpp"
#include "kernel/lock.hpp"
#include "scheduler/carrier.hpp"
#include "scheduler/after_fork.hpp"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <new>
#include <sys/epoll.h>
#include <system_error>
#include <weft/process.hpp>

namespace weft {

namespace {

exit_status status_of(const kernel::process_end& end) noexcept {
    if (end.how == CLD_EXITED) {
        return {exit_status::kind::exited, end.status, false};
    }
    return {exit_status::kind::signaled, end.status, end.how == CLD_DUMPED};
}

/// A child that nobody waits for.
struct orphan : io::waiter {
    int pidfd = -1;
    orphan* next_orphan = nullptr;
};

constinit kernel::lock orphans_lock;
constinit orphan* orphans = nullptr; // guarded by orphans_lock: those whom the driver could not take

/// In a child of fork() they are the parent's children.
scheduler::fork_repair repair([]() noexcept {
    ::new (static_cast<void*>(&orphans_lock)) kernel::lock;
    orphans = nullptr;
});

void bury(orphan* child) noexcept {
    (void)kernel::take_process_end(child->pidfd, false);
    kernel::close_descriptor(child->pidfd);
    delete child;
}

void bury_when_done(io::waiter& w) noexcept {
    bury(static_cast<orphan*>(&w));
}

/// Those of the list that have ended.
void bury_orphans() noexcept {
    scheduler::notice_fork();
    kernel::guard hold(orphans_lock);
    for (orphan** at = &orphans; *at;) {
        orphan* child = *at;
        auto end = kernel::take_process_end(child->pidfd, false);
        if (end.ok() && !end.value().ended) {
            at = &child->next_orphan;
            continue;
        }
        *at = child->next_orphan;
        kernel::close_descriptor(child->pidfd);
        delete child;
    }
}

void leave_to_driver(orphan* child) noexcept {
    io::driver& driver = io::the_driver();
    if (child->descriptor >= 0 && driver.enter() == 0) {
        if (driver.wait(*child)) {
            return;
        }
    } else {
        kernel::close_descriptor(child->descriptor);
    }
    kernel::guard hold(orphans_lock);
    child->next_orphan = orphans;
    orphans = child;
}

struct child_call {
    int (*function)(void*) noexcept;
    void* argument;
};

/// In the child: no worker runs here, so this thread counts as a foreign one.
int run_in_child(void* argument) noexcept {
    if (scheduler::carrier* c = scheduler::this_carrier()) {
        c->held = nullptr;
        c->running = nullptr;
    }
    const auto* call = static_cast<const child_call*>(argument);
    return call->function(call->argument);
}

} // namespace

std::string exit_status::describe() const {
    if (exited()) {
        return "exited with " + std::to_string(value_);
    }
    const char* name = ::strsignal(value_);
    return "ended by signal " + std::to_string(value_) + " (" + (name ? name : "?") + (core_ ? ", core dumped)" : ")");
}

process::process(const std::vector<std::string>& arguments, const process_options& how) {
    spawn(&arguments, nullptr, nullptr, how);
}

void process::start(int (*function)(void*) noexcept, void* argument, const process_options& how) {
    spawn(nullptr, function, argument, how);
}

void process::spawn(const std::vector<std::string>* arguments, int (*function)(void*) noexcept, void* argument,
                    const process_options& how) {
    bury_orphans();
    io::process_plan plan(arguments, how);
    child_call call{function, argument};
    if (function) {
        plan.request().function = &run_in_child;
        plan.request().argument = &call;
    }
    const kernel::spawned made = kernel::spawn_process(plan.request());
    if (made.failed != kernel::process_step::none) {
        plan.refuse(made);
    }
    pid_ = made.pid;
    pidfd_ = file_descriptor(made.pidfd);
    input = std::move(plan.our_ends()[0]);
    output = std::move(plan.our_ends()[1]);
    error = std::move(plan.our_ends()[2]);
}

process::process(process&& other) noexcept
    : input(std::move(other.input)), output(std::move(other.output)), error(std::move(other.error)),
      pid_(std::exchange(other.pid_, 0)), pidfd_(std::move(other.pidfd_)), status_(std::exchange(other.status_, std::nullopt)) {}

process& process::operator=(process&& other) noexcept {
    base::check(!joinable(), "a weft::process was assigned to while its child was neither waited for nor detached");
    process(std::move(other)).swap(*this);
    return *this;
}

process::~process() {
    base::check(!joinable(), "a weft::process was destroyed while its child was neither waited for nor detached");
}

void process::swap(process& other) noexcept {
    std::swap(input, other.input);
    std::swap(output, other.output);
    std::swap(error, other.error);
    std::swap(pid_, other.pid_);
    std::swap(pidfd_, other.pidfd_);
    std::swap(status_, other.status_);
}

void process::require_child(const char* call) const {
    if (pid_ == 0) {
        base::throw_errno(EINVAL, std::string("weft::process::") + call + ": there is no child (never started, detached or moved from)");
    }
}

exit_status process::wait() {
    require_child("wait");
    if (!status_) {
        (void)wait_until_ns(abi::no_deadline);
    }
    return *status_;
}

std::optional<exit_status> process::try_wait() {
    require_child("try_wait");
    if (!status_) {
        auto end = kernel::take_process_end(pidfd_.get(), false);
        if (!end) {
            const pid_t pid = pid_;
            pid_ = 0;
            pidfd_.close();
            base::throw_errno(end.why().error, "weft::process: the status of process " + std::to_string(pid) +
                                        " was taken by somebody else (a wait() for any child, or SIGCHLD is ignored)");
        }
        if (end.value().ended) {
            status_ = status_of(end.value());
        }
    }
    return status_;
}

std::optional<exit_status> process::wait_until_ns(std::uint64_t deadline_ns) {
    require_child("wait");
    while (!try_wait()) {
        if (!abi::await_readiness(pidfd_.get(), abi::readiness::readable, deadline_ns)) {
            return try_wait();
        }
    }
    return status_;
}

bool process::signal(int number) {
    require_child("signal");
    const auto sent = kernel::signal_process(pidfd_.get(), number);
    if (sent) {
        return true;
    }
    if (sent.why().error == ESRCH) {
        return false;
    }
    base::throw_errno(sent.why().error, "weft::process::signal: signal " + std::to_string(number) + " to process " + std::to_string(pid_) +
                                 (sent.why().error == EINVAL ? ": there is no such signal" : ": not allowed"));
}

bool process::terminate() {
    return signal(SIGTERM);
}

bool process::kill() {
    return signal(SIGKILL);
}

void process::detach() {
    if (!joinable()) {
        base::throw_errno(EINVAL, "weft::process::detach: there is no child to detach (ended, detached or moved from)");
    }
    auto child = std::make_unique<orphan>();
    child->pidfd = pidfd_.get();
    child->descriptor = kernel::duplicate_descriptor(pidfd_.get()); // -1 when there is none: then it goes on the list
    child->events = EPOLLIN;
    child->deadline = kernel::never;
    child->done = &bury_when_done;
    (void)pidfd_.release();
    pid_ = 0;
    leave_to_driver(child.release());
}

} // namespace weft

// SPDX-License-Identifier: MIT
// The compiled half of weft/thread.hpp.
#include "scheduler/default_runtime.hpp"
#include "scheduler/diagnosis.hpp"
#include "scheduler/runtime_core.hpp"
#include <cstdio>
#include <string>
#include <system_error>
#include <unistd.h>
#include <weft/runtime.hpp>
#include <weft/thread.hpp>

namespace weft {

namespace {

/// "weft: WHAT: task 7 'name' (running)" on descriptor 2.
void say(const char* what, const abi::task* t) noexcept {
    char who[256];
    char text[512];
    const unsigned length = scheduler::describe(t, who, sizeof who);
    const int n = std::snprintf(text, sizeof text, "weft: %s: %.*s\n", what, static_cast<int>(length), who);
    (void)!write(2, text, n < static_cast<int>(sizeof text) ? static_cast<std::size_t>(n) : sizeof text - 1);
}

} // namespace

namespace abi {

namespace {

task* make_task_somewhere() {
    if (scheduler::runtime_of_caller()) {
        return make_task(nullptr);
    }
    try {
        return make_task(&scheduler::default_runtime());
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::not_enough_memory) {
            throw;
        }
        // The one code that std::thread knows for a thread that cannot be had.
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again), e.what());
    }
}

} // namespace

task* make_thread_task() {
    task* t = make_task_somewhere();
    try {
        give_own_tls(t);
    } catch (...) {
        abandon_task(t);
        throw;
    }
    return t;
}

void join_thread(task* t) {
    if (t->id == agent_number()) {
        throw std::system_error(std::make_error_code(std::errc::resource_deadlock_would_occur),
                                "weft::thread::join: a thread cannot wait for itself");
    }
    if (!is_done(t)) {
        await_task(t);
    }
    release_task(t);
}

void thread_left_by_exception(const task& t) noexcept {
    say("an exception left a thread", &t);
    std::terminate(); // in the handler: with the exception current, so that its type and what() are reported
}

void thread_without_stack(const task& t, std::exception_ptr why) noexcept {
    say("a thread got no stack", &t);
    try {
        std::rethrow_exception(std::move(why));
    } catch (...) {
        std::terminate();
    }
}

void joinable_thread_lost(const task* t) noexcept {
    say("panic: a joinable thread was destroyed or overwritten: join or detach it first", t);
    std::terminate();
}

void throw_not_joinable(const char* function) {
    throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                            std::string("weft::thread::") + function +
                                ": there is no thread (never started, already joined, detached or moved from)");
}

} // namespace abi

unsigned thread::hardware_concurrency() noexcept {
    return usable_cpus();
}

} // namespace weft

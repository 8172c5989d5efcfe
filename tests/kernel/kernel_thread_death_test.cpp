// SPDX-License-Identifier: MIT
// Where std::thread ends the program, so does weft::kernel_thread: each in a child process that must die by abort(), having gone
// through the terminate handler.
#include "support/child.hpp"
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;

namespace {

void announce() {
    std::set_terminate([] {
        support::say("terminate handler ran;");
        std::abort();
    });
}

template <class F>
void terminates(const char* what, F f) {
    const auto how = support::run_in_child([&] {
        announce();
        f();
        return 0;
    });
    support::require_signal(how, SIGABRT, what);
    REQUIRE(how.says("terminate handler ran;"));
}

void destroyed_joinable() {
    terminates("destroyed while joinable", [] { kernel_thread t([] { support::sleep_ms(10'000); }); });
    terminates("destroyed while joinable, though the thread has ended", [] {
        kernel_thread t([] {});
        support::sleep_ms(50);
    });
}

void assigned_over() {
    terminates("assigned over a joinable one", [] {
        kernel_thread t([] { support::sleep_ms(10'000); });
        t = kernel_thread();
    });
}

void exception_leaves() {
    terminates("an exception leaves the callable", [] {
        kernel_thread t([] { throw std::runtime_error("nobody catches me"); });
        t.join();
    });
    terminates("an exception leaves a detached callable", [] {
        kernel_thread([] { throw 5; }).detach();
        support::sleep_ms(10'000);
    });
}

void destructor_throws() {
    struct thrower {
        ~thrower() noexcept(false) { throw 1; }
        void touch() const { asm volatile("" : : "r"(this)); }
    };
    terminates("a thread_local destructor throws", [] {
        kernel_thread t([] {
            static thread_local thrower one;
            one.touch();
        });
        t.join();
    });
}

void abort_in_a_worker() {
    const auto how = support::run_in_child([] {
        kernel_thread t([] { std::abort(); });
        t.join();
        return 0;
    });
    support::require_signal(how, SIGABRT, "abort() in a worker");
    const auto fault = support::run_in_child([] {
        kernel_thread t([] { *static_cast<volatile int*>(nullptr) = 1; });
        t.join();
        return 0;
    });
    REQUIRE(fault.died_by(SIGSEGV) || fault.says("Sanitizer") || fault.says("runtime error: store to null"));
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"destroying a joinable one terminates", destroyed_joinable},
         {"assigning over a joinable one terminates", assigned_over},
         {"an exception that leaves the callable terminates", exception_leaves},
         {"a throwing thread_local destructor terminates", destructor_throws},
         {"abort and faults in a worker end the process", abort_in_a_worker}});
}

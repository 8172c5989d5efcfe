// SPDX-License-Identifier: MIT
#include "kernel/ordinary_code/activities.hpp"
#include <csetjmp>
#include <exception>
#include <mutex>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unwind.h>

namespace ordinary {
namespace {

void errno_is_ones_own(lane& l) {
    for (int i = 0; i < 20; ++i) {
        errno = 0;
        const bool which = l.below(2);
        if (which) {
            REQUIRE(close(-1) == -1);
        } else {
            REQUIRE(access("/no/such/path", F_OK) == -1);
        }
        if (l.below(4) == 0) {
            sched_yield();
        }
        REQUIRE(errno == (which ? EBADF : ENOENT));
    }
    char text[64];
    REQUIRE(std::strcmp(strerror(ENOENT), "No such file or directory") == 0);
    REQUIRE(std::strcmp(strerror_r(EBADF, text, sizeof text), "Bad file descriptor") == 0);
    REQUIRE(std::string(strerror(100'000)) == "Unknown error 100000"); // made in the thread's own buffer
    REQUIRE(std::string(strsignal(15)) == "Terminated");
    REQUIRE(std::error_code(EACCES, std::generic_category()).message() == "Permission denied");
}

struct witness {
    int& count;
    explicit witness(int& c) : count(c) { ++count; }
    ~witness() { --count; }
    witness(const witness&) = delete;
    witness& operator=(const witness&) = delete;
};

[[gnu::noinline]] void throw_from(int depth, int value, int& alive) {
    const witness here(alive);
    if (depth == 0) {
        throw std::runtime_error(std::to_string(value));
    }
    throw_from(depth - 1, value, alive);
    asm volatile("" ::: "memory");
}

void exceptions(lane& l) {
    const int value = static_cast<int>(l.below(100'000));
    int alive = 0;
    try {
        throw_from(static_cast<int>(l.below(20)), value, alive);
        REQUIRE(false);
    } catch (const std::runtime_error& e) {
        REQUIRE(e.what() == std::to_string(value) && alive == 0 && std::uncaught_exceptions() == 0);
        try { // a second one inside the handler of the first
            throw value;
        } catch (int again) {
            REQUIRE(again == value);
        }
        sched_yield();
        REQUIRE(e.what() == std::to_string(value));
    }
}

std::mutex last_mutex;
std::exception_ptr last; // guarded by last_mutex: thrown on one thread, rethrown on another
void exceptions_across_threads(lane& l) {
    std::exception_ptr mine;
    try {
        throw std::system_error(static_cast<int>(1 + l.below(30)), std::generic_category(), "passed on");
    } catch (...) {
        mine = std::current_exception();
    }
    {
        std::lock_guard hold(last_mutex);
        std::swap(last, mine);
    }
    if (mine) {
        try {
            std::rethrow_exception(mine);
        } catch (const std::system_error& e) {
            REQUIRE(std::strstr(e.what(), "passed on") && e.code().value() >= 1 && e.code().value() <= 30);
        }
    }
    try {
        try {
            throw std::logic_error("inner");
        } catch (...) {
            std::throw_with_nested(std::runtime_error("outer"));
        }
    } catch (const std::exception& outer) {
        try {
            std::rethrow_if_nested(outer);
            REQUIRE(false);
        } catch (const std::exception& inner) {
            REQUIRE(std::strcmp(inner.what(), "inner") == 0);
        }
    }
}

void unwinding_ends(lane&) {
    // A backtrace from a thread must end at its first frame, not run off the stack.
    int frames = 0;
    const _Unwind_Reason_Code code = _Unwind_Backtrace(
        [](_Unwind_Context* context, void* count) {
            REQUIRE(++*static_cast<int*>(count) < 200);
            REQUIRE(_Unwind_GetCFA(context) != 0 || *static_cast<int*>(count) > 1);
            return _URC_NO_REASON;
        },
        &frames);
    REQUIRE(code == _URC_END_OF_STACK && frames >= 2);
}

void jumps(lane& l) {
    std::jmp_buf mark;
    volatile unsigned rounds = 0;
    const unsigned wanted = 1 + l.below(5);
    if (setjmp(mark) < static_cast<int>(wanted)) {
        rounds = rounds + 1;
        std::longjmp(mark, static_cast<int>(rounds));
    }
    REQUIRE(rounds == wanted);
}

constexpr activity activities[] = {
    {"errno and strerror", errno_is_ones_own, 20},
    {"exceptions", exceptions, 20},
    {"exceptions that cross threads", exceptions_across_threads, 10},
    {"an unwind that ends", unwinding_ends, 5},
    {"setjmp and longjmp", jumps, 5},
};

void begin() {}
void end() {
    last = nullptr;
}

} // namespace
const group error_group{"errors", begin, end, activities};
} // namespace ordinary

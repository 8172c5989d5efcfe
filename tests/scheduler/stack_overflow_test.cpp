// SPDX-License-Identifier: MIT
// A task that runs off its stack is named; every other fault, and a program with a handler of its own, are left alone.
// Seen to fail: without the alternate signal stack, "the task is named".
#include "support/child.hpp"
#include <csignal>
#include <unistd.h>
#include <weft/weft.hpp>

namespace {

volatile long limit = 1L << 40; // beyond every stack

[[gnu::noinline]] long descend(long depth) {
    volatile char frame[512];
    frame[depth % 512] = static_cast<char>(depth);
    return depth == limit ? 0 : descend(depth + 1) + frame[(depth + 1) % 512];
}

void overflow_in(unsigned workers) {
    weft::runtime rt({.workers = workers, .stack_size = 32 * 1024});
    rt.run([] { weft::spawn({.name = "bottomless"}, [] { return descend(0); }).join(); });
}

void task_is_named() {
    for (unsigned workers : {1u, 2u, 8u}) {
        const auto how = support::run_in_child([workers] {
            overflow_in(workers);
            return 0;
        });
        support::require_signal(how, SIGSEGV, "a task without a floor");
        REQUIRE(how.says("weft: stack overflow in task") && how.says("'bottomless'") && how.says("stack_size"));
    }
}

/// A task that is joined before it starts runs on its joiner's stack: the report still names who has run off it.
void in_place() {
    const auto how = support::run_in_child([] {
        weft::runtime rt({.workers = 1, .stack_size = 32 * 1024});
        rt.run([] {
            weft::spawn({.name = "joiner"}, [] { weft::spawn({.name = "child"}, [] { return descend(0); }).join(); }).join();
        });
        return 0;
    });
    support::require_signal(how, SIGSEGV, "a child on its joiner's stack");
    REQUIRE(how.says("'child'") && !how.says("'joiner'"));
}

void inside_blocking() {
    const auto how = support::run_in_child([] {
        weft::runtime rt({.workers = 2, .stack_size = 32 * 1024});
        rt.run([] { weft::spawn({.name = "blocked"}, [] { weft::blocking([] { return descend(0); }); }).join(); });
        return 0;
    });
    support::require_signal(how, SIGSEGV, "an overflow inside blocking()");
    REQUIRE(how.says("weft: stack overflow in task") && how.says("'blocked'"));
}

void other_faults() {
    const auto how = support::run_in_child([] {
        weft::runtime rt({.workers = 2});
        rt.run([] { *static_cast<volatile int*>(nullptr) = 1; });
        return 0;
    });
    support::require_signal(how, SIGSEGV, "a null pointer in a task");
    REQUIRE(!how.says("weft:"));
}

void say_mine(int) {
    (void)!write(2, "the program's own", 17);
    _exit(42);
}

void install_mine() {
    struct sigaction action = {};
    action.sa_handler = &say_mine;
    action.sa_flags = SA_ONSTACK;
    REQUIRE(sigaction(SIGSEGV, &action, nullptr) == 0);
}

void programs_handler() {
    const auto before = support::run_in_child([] {
        install_mine();
        overflow_in(2);
        return 0;
    });
    support::require_exit(before, 42, "a handler installed before the runtime");
    REQUIRE(before.says("the program's own") && !before.says("weft:"));
    const auto after = support::run_in_child([] {
        weft::runtime rt({.workers = 2, .stack_size = 32 * 1024});
        install_mine();
        rt.run([] { return descend(0); });
        return 0;
    });
    support::require_exit(after, 42, "a handler installed after the runtime");
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"the task is named", task_is_named},
         {"also on its joiner's stack", in_place},
         {"also inside blocking()", inside_blocking},
         {"other faults end the process as ever", other_faults},
         {"a program's own handler is left alone", programs_handler}});
}

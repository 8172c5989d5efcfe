// SPDX-License-Identifier: MIT
// The process ends while workers run: return from main, exit, quick_exit, _exit, abort, from main and from workers, many times each.
// No hang, no crash, the exit code that was meant, exit handlers and static destructors run once.
#include "support/child.hpp"
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;

namespace {

std::mutex door;
long shared_count = 0; // guarded by door

/// Busy with what hurts most when the process goes away: locks, malloc, stdio, thread_locals, and threads of its own.
void busy() {
    static thread_local std::string own;
    std::FILE* nowhere = std::fopen("/dev/null", "we");
    for (unsigned long i = 0;; ++i) {
        own.assign(i % 5000, 'b');
        std::lock_guard hold(door);
        ++shared_count;
        std::fprintf(nowhere, "%ld\n", shared_count);
    }
}

void churning() {
    for (;;) {
        kernel_thread([] { std::string(300, 'c').append("d"); }).join();
    }
}

/// Workers in every state: running, blocked, making threads, detached, just starting.
void start_workers() {
    static std::mutex never;
    never.lock();
    kernel_thread(busy).detach();
    kernel_thread(busy).detach();
    kernel_thread(churning).detach();
    kernel_thread([] { never.lock(); }).detach();
    kernel_thread([] { support::sleep_ms(100'000); }).detach();
    for (int i = 0; i < 3; ++i) {
        kernel_thread([] {}).detach();
    }
}

struct says_goodbye {
    const char* word;
    ~says_goodbye() { support::say("%s", word); }
};

template <class End>
void ends_with(const char* what, int code, const char* wanted_text, End end, int times = 25) {
    for (int i = 0; i < times; ++i) {
        const auto how = support::run_in_child([&] {
            std::atexit([] { support::say("[atexit]"); });
            std::at_quick_exit([] { support::say("[at_quick_exit]"); });
            start_workers();
            if (i % 2) {
                support::sleep_ms(i % 4);
            }
            end();
            return 99;
        });
        require_exit(how, code, what);
        if (how.text != wanted_text) {
            support::say("FAILED: %s: it said \"%s\", wanted \"%s\"\n", what, how.text.c_str(), wanted_text);
            _exit(support::failed);
        }
    }
}

void by_exit() {
    ends_with("exit(4) in main", 4, "[atexit]", [] { std::exit(4); });
}
void by_quick_exit() {
    ends_with("quick_exit(5) in main", 5, "[at_quick_exit]", [] { std::quick_exit(5); });
}
void by_underscore_exit() {
    ends_with("_exit(6) in main", 6, "", [] { _exit(6); });
}
void by_exit_in_a_worker() {
    ends_with("exit(8) in a worker", 8, "[worker's thread_local][atexit]", [] {
        kernel_thread t([] {
            static thread_local says_goodbye own{"[worker's thread_local]"};
            (void)own.word;
            std::exit(8); // runs this thread's destructors first, as on a pthread
        });
        t.join();
    });
    ends_with("quick_exit(9) in a worker", 9, "[at_quick_exit]", [] {
        kernel_thread([] { std::quick_exit(9); }).join();
    });
}
void exit_races_with_exit() {
    // Two threads that call exit: the standard leaves it open; it must end all the same, with one of the codes.
    for (int i = 0; i < 25; ++i) {
        const auto how = support::run_in_child([] {
            start_workers();
            kernel_thread([] { _exit(10); }).detach();
            _exit(11);
            return 99;
        });
        REQUIRE(how.signal == 0 && (how.code == 10 || how.code == 11));
    }
}
void exit_handlers_may_use_threads() {
    ends_with("a thread in an exit handler", 12, "[handler's thread][atexit]", [] {
        std::atexit([] {
            kernel_thread([] { support::say("[handler's thread]"); }).join();
        });
        std::exit(12);
    });
}
void detached_thread_outlives_main_scope() {
    // main joins the rest, then leaves while a detached thread is just ending: its memory must not be touched wrongly.
    for (int i = 0; i < 50; ++i) {
        const auto how = support::run_in_child([] {
            for (int n = 0; n < 20; ++n) {
                kernel_thread([] {}).detach();
            }
            std::exit(0);
            return 99;
        });
        require_exit(how, 0, "exit beside ending detached threads");
    }
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"exit in main", by_exit},
         {"quick_exit in main", by_quick_exit},
         {"_exit in main", by_underscore_exit},
         {"exit and quick_exit in a worker", by_exit_in_a_worker},
         {"two threads leave at once", exit_races_with_exit},
         {"exit handlers may make threads", exit_handlers_may_use_threads},
         {"exit beside ending detached threads", detached_thread_outlives_main_scope}});
}

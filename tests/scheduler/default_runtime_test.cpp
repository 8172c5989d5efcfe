// SPDX-License-Identifier: MIT
// The runtime that the first weft::thread of a program starts. Each case is a process of its own, since there is one such runtime a process.
#include "scheduler/default_runtime.hpp"
#include "support/child.hpp"
#include "support/program.hpp"
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

void set(const char* variable, const char* value) {
    REQUIRE(value ? setenv(variable, value, 1) == 0 : unsetenv(variable) == 0);
}

template <class F>
void in_child(F f, const char* what, int wanted = 0) {
    support::require_exit(support::run_in_child(f), wanted, what);
}

void the_first_thread_starts_it_and_the_environment_sets_it_up() {
    in_child(
        [] {
            set("WEFT_WORKERS", "3");
            const int before = support::count_threads();
            bool threw = false;
            try {
                weft::spawn([] {}).detach();
            } catch (const weft::no_runtime&) {
                threw = true;
            }
            REQUIRE(threw); // spawn starts none
            REQUIRE(support::count_threads() == before);
            int ran = 0;
            weft::thread([&] { ran = 1; }).join();
            REQUIRE(ran == 1);
            REQUIRE(support::count_threads() == before + 3);
            weft::thread([&] { ran = 2; }).join();
            REQUIRE(ran == 2 && support::count_threads() == before + 3);
            weft::spawn([&] { ran = 3; }).join(); // now one lives
            return ran == 3 ? 0 : 1;
        },
        "WEFT_WORKERS=3");
}

void each_option_has_its_variable() {
    in_child(
        [] {
            for (const char* each : {"WEFT_WORKERS", "WEFT_STACK_SIZE", "WEFT_NAME", "WEFT_PIN_WORKERS", "WEFT_MAX_BLOCKING"}) {
                set(each, nullptr);
            }
            weft::runtime_options o = weft::scheduler::options_from_environment();
            REQUIRE(o.workers == weft::usable_cpus() && o.stack_size == 256 * 1024 && !o.pin_workers);
            set("WEFT_WORKERS", "1024");
            set("WEFT_STACK_SIZE", "32k");
            set("WEFT_NAME", "loom");
            set("WEFT_PIN_WORKERS", "1");
            set("WEFT_MAX_BLOCKING", "0");
            o = weft::scheduler::options_from_environment();
            REQUIRE(o.workers == 1024 && o.stack_size == 32768 && o.name == "loom" && o.pin_workers && o.max_blocking == 0);
            set("WEFT_STACK_SIZE", "1G");
            REQUIRE(weft::scheduler::options_from_environment().stack_size == 1u << 30);
            set("WEFT_STACK_SIZE", "2M");
            REQUIRE(weft::scheduler::options_from_environment().stack_size == 2u << 20);
            set("WEFT_STACK_SIZE", "100000");
            REQUIRE(weft::scheduler::options_from_environment().stack_size == 100'000);
            return 0;
        },
        "options from the environment");
}

void a_value_that_cannot_be_meant_is_refused_by_name_and_the_next_thread_tries_again() {
    in_child(
        [] {
            struct bad {
                const char *variable, *value;
            };
            for (const bad b : {bad{"WEFT_WORKERS", "0"}, {"WEFT_WORKERS", "1025"}, {"WEFT_WORKERS", "two"}, {"WEFT_WORKERS", ""},
                                {"WEFT_WORKERS", "-1"}, {"WEFT_WORKERS", "2 "}, {"WEFT_WORKERS", "4K"},
                                {"WEFT_WORKERS", "99999999999999999999999"}, {"WEFT_STACK_SIZE", "1"}, {"WEFT_STACK_SIZE", "2G"},
                                {"WEFT_STACK_SIZE", "64KB"}, {"WEFT_STACK_SIZE", "64X"}, {"WEFT_STACK_SIZE", "K"},
                                {"WEFT_STACK_SIZE", "18446744073709551615G"}, {"WEFT_PIN_WORKERS", "yes"}, {"WEFT_PIN_WORKERS", "2"},
                                {"WEFT_MAX_BLOCKING", "32769"}, {"WEFT_NAME", ""}}) {
                set(b.variable, b.value);
                bool ran = false;
                std::string said;
                try {
                    weft::thread t([&] { ran = true; });
                    t.join();
                } catch (const weft::bad_option& e) {
                    said = e.what();
                }
                if (ran || said.find(std::string(b.variable) + " is '" + b.value + "'") == std::string::npos) {
                    support::say("%s=%s: ran %d, said '%s'\n", b.variable, b.value, ran, said.c_str());
                    return 1;
                }
                set(b.variable, nullptr);
            }
            bool ran = false;
            weft::thread([&] { ran = true; }).join();
            return ran ? 0 : 1;
        },
        "bad values");
}

void an_uncaught_bad_value_ends_the_program_with_the_sentence() {
    const auto how = support::run_in_child([] {
        set("WEFT_WORKERS", "many");
        [&]() noexcept { weft::thread([] {}).join(); }();
        return 0;
    });
    support::require_signal(how, SIGABRT, "an uncaught bad_option");
    REQUIRE(how.says("the environment variable WEFT_WORKERS is 'many'; it must be a number of workers, 1 to 1024"));
}

void many_first_threads_at_once_start_one_runtime() {
    in_child(
        [] {
            set("WEFT_WORKERS", "2");
            const int before = support::count_threads();
            std::atomic<int> ran{0};
            std::atomic<bool> go{false};
            std::vector<std::thread> creators;
            for (int i = 0; i < 8; ++i) {
                creators.emplace_back([&] {
                    while (!go) {
                    }
                    weft::thread([&] { ++ran; }).join();
                });
            }
            go = true;
            for (auto& each : creators) {
                each.join();
            }
            REQUIRE(ran == 8);
            REQUIRE(support::eventually([&] { return support::count_threads() == before + 2; }));
            return 0;
        },
        "concurrent first threads");
}

void a_runtime_that_lives_is_used_instead() {
    in_child(
        [] {
            weft::runtime mine({.workers = 1, .name = "mine"});
            const int before = support::count_threads();
            weft::thread([] {
                weft::thread([] {}).join();
                REQUIRE(weft::this_task::worker() == 0);
            }).join();
            REQUIRE(support::count_threads() == before);
            return 0;
        },
        "a runtime of the program's own");
}

template <bool Before>
int thread_in_a_static_destructor() {
    if constexpr (Before) {
        weft::thread([] {}).join();
    }
    static struct late {
        ~late() {
            int ran = 0;
            weft::thread([&] {
                weft::this_thread::sleep_for(1ms);
                weft::thread([&] { ran = 1; }).join();
            }).join();
            weft::jthread([&](weft::stop_token) { ++ran; }).join();
            _exit(ran == 2 ? 7 : 1);
        }
    } user;
    std::exit(0);
}

void a_static_destructor_after_main_may_start_threads() {
    in_child(&thread_in_a_static_destructor<true>, "threads before and after main", 7);
    in_child(&thread_in_a_static_destructor<false>, "the first thread after main", 7);
}

void the_process_ends_while_detached_threads_run() {
    in_child(
        []() -> int {
            set("WEFT_WORKERS", "2");
            for (int i = 0; i < 4; ++i) {
                weft::thread([i] {
                    for (;;) { // two sleep, two keep their workers busy
                        if (i % 2 == 0) {
                            weft::this_thread::sleep_for(1ms);
                        } else {
                            weft::this_thread::yield();
                        }
                    }
                }).detach();
            }
            weft::thread([] {}).join();
            std::exit(9);
        },
        "main returns", 9);
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(
        argc, argv,
        {{"the first thread starts it, and the environment sets it up", the_first_thread_starts_it_and_the_environment_sets_it_up},
         {"each option has its variable", each_option_has_its_variable},
         {"a value that cannot be meant is refused by name, and the next thread tries again",
          a_value_that_cannot_be_meant_is_refused_by_name_and_the_next_thread_tries_again},
         {"an uncaught bad value ends the program with the sentence", an_uncaught_bad_value_ends_the_program_with_the_sentence},
         {"many first threads at once start one runtime", many_first_threads_at_once_start_one_runtime},
         {"a runtime that lives is used instead", a_runtime_that_lives_is_used_instead},
         {"a static destructor after main may start threads", a_static_destructor_after_main_may_start_threads},
         {"the process ends while detached threads run", the_process_ends_while_detached_threads_run}});
}

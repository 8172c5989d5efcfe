// SPDX-License-Identifier: MIT
// What cannot be had: options that cannot be meant, kernel threads and memory that the kernel refuses. Each is a typed error with a
// sentence, and afterwards nothing is lost or left behind: the same threads, descriptors and mappings, and the next attempt works.
// Each case runs in a child, since limits that were lowered and users that were changed do not come back.
#include "gate.hpp"
#include "support/child.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

bool contains(const char* text, const char* part) {
    return std::strstr(text, part) != nullptr;
}

struct holdings {
    int threads = support::count_threads();
    int descriptors = support::count_descriptors();
    int mappings = support::count_mappings();
};

void require_nothing_left(const holdings& before) {
    REQUIRE(support::eventually([&] { return support::count_threads() == before.threads; }));
    REQUIRE(support::count_descriptors() == before.descriptors);
    const int mappings = support::count_mappings();
    if (mappings > before.mappings + 2) { // the heap may grow by a piece
        support::say("mappings: %d before, %d after\n", before.mappings, mappings);
        REQUIRE(mappings <= before.mappings + 2);
    }
}

/// Runs f in a child under a watchdog; f's exit code, or the first failed check, is the child's.
template <class F>
void in_child(F f) {
    const auto how = support::run_in_child(
        [&] {
            test::watchdog guard(30, "a case of refusal_test");
            f();
            return 0;
        },
        0);
    if (how.exited_with(support::skipped)) {
        support::say("  %s", how.text.c_str());
        return;
    }
    support::require_exit(how, 0, "the case in the child");
}

void require_works(unsigned workers = 2) {
    weft::runtime rt({.workers = workers});
    REQUIRE(rt.run([] { return weft::spawn([] { return 4; }).join(); }) == 4);
}

void set_limit(int which, rlim_t value) {
    rlimit limit{};
    REQUIRE(getrlimit(which, &limit) == 0);
    limit.rlim_cur = value;
    REQUIRE(setrlimit(which, &limit) == 0);
}

rlim_t address_space_in_use() {
    return static_cast<rlim_t>(support::mapped_bytes());
}

template <class Change>
void require_bad_option(const char* part, Change change) {
    weft::runtime_options o;
    change(o);
    try {
        weft::runtime rt(o);
        support::say("accepted, where '%s' should have been said\n", part);
        REQUIRE(false);
    } catch (const weft::bad_option& e) {
        if (!contains(e.what(), part)) {
            support::say("'%s' does not say '%s'\n", e.what(), part);
            REQUIRE(false);
        }
    }
}

void options_that_cannot_be_meant() {
    in_child([] {
        require_works();
        const holdings before;
        require_bad_option("workers is 0", [](auto& o) { o.workers = 0; });
        require_bad_option("workers is 1025", [](auto& o) { o.workers = 1025; });
        require_bad_option("workers is 4294967295", [](auto& o) { o.workers = static_cast<unsigned>(-1); });
        require_bad_option("stack_size is 0 bytes", [](auto& o) { o.stack_size = 0; });
        require_bad_option("stack_size is 16383", [](auto& o) { o.stack_size = 16 * 1024 - 1; });
        require_bad_option("between 16 KiB and 1 GiB", [](auto& o) { o.stack_size = (std::size_t{1} << 30) + 1; });
        require_bad_option("stack_size is 18446744073709551615", [](auto& o) { o.stack_size = static_cast<std::size_t>(-1); });
        require_bad_option("max_blocking is 32769", [](auto& o) { o.max_blocking = 32769; });
        require_nothing_left(before);
        for (std::size_t size : {std::size_t{16 * 1024}, std::size_t{16 * 1024 + 1}, std::size_t{1} << 30}) {
            weft::runtime rt({.workers = 1, .stack_size = size});
            REQUIRE(rt.run([] { return 1; }) == 1);
        }
        weft::runtime many({.workers = 64, .name = "a name much longer than fits"});
        REQUIRE(many.run([] { return 2; }) == 2);
    });
}

void spawn_outside_of_a_runtime() {
    in_child([] {
        const holdings before;
        for (int i = 0; i < 1000; ++i) {
            try {
                (void)weft::spawn([] {});
                REQUIRE(false);
            } catch (const weft::no_runtime& e) {
                REQUIRE(contains(e.what(), "no weft::runtime lives"));
            }
        }
        require_nothing_left(before);
    });
}

/// Becomes a user of its own that may have `processes` threads in all. Root is exempt from the limit, so root cannot stay.
void become_limited_user(rlim_t processes) {
    if (geteuid() == 0) {
        constexpr uid_t nobody_else = 47'611;
        if (setresgid(nobody_else, nobody_else, nobody_else) != 0 || setresuid(nobody_else, nobody_else, nobody_else) != 0) {
            support::skip("this root may not change its user");
        }
    } else {
        processes = 1; // as many of ours run already, and more: every new thread is refused
    }
    set_limit(RLIMIT_NPROC, processes);
}

void kernel_threads_refused() {
    in_child([] {
        require_works(2);
        become_limited_user(4);
        const bool room_for_three = getuid() == 47'611;
        const auto refused = [] {
            try {
                weft::runtime rt({.workers = 8});
                support::say("eight kernel threads were made, where three or none may be\n");
                REQUIRE(false);
            } catch (const std::system_error& e) {
                REQUIRE(e.code() == std::errc::resource_unavailable_try_again);
                REQUIRE(contains(e.what(), "the kernel refused kernel thread"));
                REQUIRE(contains(e.what(), "of 8"));
                REQUIRE(contains(e.what(), "RLIMIT_NPROC"));
            }
        };
        refused();
        const holdings before;
        for (int i = 0; i < 100; ++i) {
            refused();
        }
        require_nothing_left(before);
        try {
            (void)weft::spawn([] {});
            REQUIRE(false);
        } catch (const weft::no_runtime&) { // a runtime that failed to start is none
        }
        if (room_for_three) {
            require_works(3);
            require_nothing_left(before);
        }
    });
}

void spares_refused() {
    in_child([] {
        if (geteuid() != 0) {
            support::skip("only root can become a user with room for exactly the workers");
        }
        become_limited_user(3); // this thread and two workers: no spare
        weft::runtime rt({.workers = 2});
        std::atomic<int> ended{0};
        rt.run([&] {
            std::vector<weft::join_handle<void>> all;
            for (int i = 0; i < 50; ++i) {
                all.push_back(weft::spawn([&] {
                    weft::blocking([] { support::sleep_ms(1); });
                    weft::yield();
                    weft::blocking([] {});
                    ++ended;
                }));
            }
            for (auto& h : all) {
                h.join();
            }
        });
        for (int i = 0; i < 50; ++i) { // the other road: the worker stands idle without a kernel thread when work comes
            auto inside = rt.spawn([&] {
                weft::blocking([] { support::sleep_ms(2); });
                ++ended;
            });
            support::sleep_ms(1);
            rt.run([&] { ++ended; });
            inside.join();
        }
        REQUIRE(ended == 150);
    });
}

void memory_for_the_runtime_refused() {
    in_child([] {
        require_works(4);
        const holdings before;
        const rlim_t used = address_space_in_use();
        int refusals = 0;
        for (rlim_t room = 0; room < (8u << 20); room += 64 << 10) { // each step of the making is refused once
            set_limit(RLIMIT_AS, used + room);
            try {
                weft::runtime rt({.workers = 32});
                set_limit(RLIMIT_AS, RLIM_INFINITY);
                REQUIRE(rt.run([] { return 3; }) == 3);
            } catch (const std::bad_alloc&) {
                ++refusals;
            } catch (const std::system_error& e) {
                ++refusals;
                REQUIRE(e.code() == std::errc::not_enough_memory || e.code() == std::errc::resource_unavailable_try_again);
                REQUIRE(contains(e.what(), "the kernel refused kernel thread"));
            }
        }
        set_limit(RLIMIT_AS, RLIM_INFINITY);
        REQUIRE(refusals > 0);
        support::say("%d refusals\n", refusals);
        REQUIRE(support::count_descriptors() == before.descriptors);
        REQUIRE(support::eventually([&] { return support::count_threads() == before.threads; }));
        require_works(4);
    });
}

/// A runtime with enormous stacks, of which the limit leaves room for a few.
constexpr std::size_t enormous = 256 << 20;

struct limited {
    std::unique_ptr<weft::runtime> rt;
    explicit limited(unsigned workers) : rt(std::make_unique<weft::runtime>(weft::runtime_options{.workers = workers, .stack_size = enormous})) {
        rt->run([] { weft::blocking([] {}); }); // the first stacks are there, and the code is warm
        // Memory for everything but another stack, or an arena of malloc's: 64 MiB, which would leave none for others.
        set_limit(RLIMIT_AS, address_space_in_use() + (48u << 20));
    }
    /// f as a task. With many workers and one stack it may be refused a few times, by a worker that is faster than the one which is just
    /// giving the stack back.
    template <class F>
    void run(F&& f) {
        for (int refused = 0;; ++refused) {
            try {
                rt->run(std::ref(f));
                return;
            } catch (const std::system_error& e) {
                REQUIRE(e.code() == std::errc::not_enough_memory);
                REQUIRE(refused < 100'000);
            }
        }
    }
};

void stacks_refused() {
    for (unsigned workers : {1u, 2u, 8u}) {
        in_child([workers] {
            limited l(workers);
            const holdings before;
            test::gate g;
            constexpr int tasks = 4000;
            std::atomic<int> ran{0}, destroyed{0};
            struct captured { // its destructor waits: on the refusal path it must not suspend on somebody else's stack
                std::atomic<int>* destroyed;
                explicit captured(std::atomic<int>* d) : destroyed(d) {}
                captured(const captured&) = delete;
                captured(captured&& o) noexcept : destroyed(std::exchange(o.destroyed, nullptr)) {}
                ~captured() {
                    if (destroyed) {
                        weft::yield();
                        ++*destroyed;
                    }
                }
            };
            std::vector<weft::join_handle<int>> all;
            all.reserve(tasks);
            l.run([&] {
                for (int i = 0; i < tasks; ++i) {
                    all.push_back(weft::spawn({.name = "hungry"}, [&g, &ran, i, c = captured(&destroyed)] {
                        g.wait();
                        ++ran;
                        return i;
                    }));
                }
            });
            int refused = 0;
            // Those that got a stack are parked; all others have failed by the time that the sum is complete.
            REQUIRE(support::eventually([&] {
                std::size_t done = 0;
                for (auto& h : all) {
                    done += h.done();
                }
                return done + g.waiting() == tasks;
            }));
            g.open();
            for (int i = 0; i < tasks; ++i) {
                try {
                    REQUIRE(all[static_cast<std::size_t>(i)].join() == i);
                } catch (const std::system_error& e) {
                    ++refused;
                    REQUIRE(e.code() == std::errc::not_enough_memory);
                    REQUIRE(contains(e.what(), "no stack for a task"));
                    REQUIRE(contains(e.what(), "RLIMIT_AS"));
                    REQUIRE(contains(e.what(), "vm.max_map_count"));
                }
            }
            support::say("%d workers: %d ran, %d refused\n", workers, ran.load(), refused);
            REQUIRE(refused > 0);
            // One worker has the spawner's stack when that is through; of several, one without a stack may have refused all by then.
            REQUIRE(ran > 0 || workers > 1);
            REQUIRE(ran + refused == tasks);
            REQUIRE(destroyed == tasks);
            // And it goes on: stacks that came back serve the next. With many workers and one stack, a task may be refused once more,
            // by a worker that was faster than the one which is just giving the stack back.
            int served = 0, tried = 0;
            for (; served < 100 && tried < 100'000; ++tried) {
                try {
                    REQUIRE(l.rt->run([tried] { return tried; }) == tried);
                    ++served;
                } catch (const std::system_error& e) {
                    REQUIRE(workers > 1);
                    REQUIRE(e.code() == std::errc::not_enough_memory);
                }
            }
            REQUIRE(served == 100);
            set_limit(RLIMIT_AS, RLIM_INFINITY);
            l.rt.reset();
            require_works(2);
            REQUIRE(support::eventually([&] { return support::count_threads() == 1; }));
            REQUIRE(support::count_descriptors() == before.descriptors);
        });
    }
}

void a_stack_refused_to_a_detached_task() {
    const auto how = support::run_in_child([] {
        limited l(1);
        test::gate g;
        l.rt->run([&] {
            for (int i = 0; i < 4000; ++i) {
                weft::spawn({.name = "nobody's"}, [&] { g.wait(); }).detach();
            }
        });
        support::sleep_ms(5000);
        return 0;
    });
    support::require_signal(how, SIGABRT, "a detached task without a stack");
    REQUIRE(how.says("an exception left a detached task"));
    REQUIRE(how.says("nobody's"));
    REQUIRE(how.says("no stack for a task"));
}

void descriptors_refused() {
    in_child([] {
        weft::runtime rt({.workers = 1});
        test::gate g;
        auto handles = std::vector<weft::join_handle<void>>();
        handles.reserve(2'000'000);
        auto holder = rt.spawn([&] { g.wait(); }); // the one worker is free, but these stay unstarted while the spawner runs
        bool refused = false;
        rt.run([&] {
            set_limit(RLIMIT_AS, address_space_in_use() + (16u << 20));
            try {
                for (std::size_t i = 0; i < handles.capacity(); ++i) {
                    handles.push_back(weft::spawn([] {}));
                }
            } catch (const std::bad_alloc&) {
                refused = true;
            }
            set_limit(RLIMIT_AS, RLIM_INFINITY);
            for (auto& h : handles) {
                h.join();
            }
        });
        REQUIRE(refused);
        support::say("%zu tasks, then std::bad_alloc\n", handles.size());
        REQUIRE(rt.run([] { return 9; }) == 9);
        g.open();
        holder.join();
    });
}

} // namespace

int main(int argc, char** argv) {
    if (test::sanitized) { // their shadow memory is an address space of its own, and their death reports need threads
        return support::run_cases(argc, argv,
                                  {{"options that cannot be meant are bad_option with a sentence", options_that_cannot_be_meant},
                                   {"spawn outside of a runtime is no_runtime", spawn_outside_of_a_runtime}});
    }
    return support::run_cases(
        argc, argv,
        {
            {"options that cannot be meant are bad_option with a sentence", options_that_cannot_be_meant},
            {"spawn outside of a runtime is no_runtime", spawn_outside_of_a_runtime},
            {"kernel threads refused by RLIMIT_NPROC are a system_error, and nothing is left behind", kernel_threads_refused},
            {"spares refused: blocking sections take turns and none is lost", spares_refused},
            {"memory for the runtime refused by RLIMIT_AS, at every step", memory_for_the_runtime_refused},
            {"stacks refused: the joiner learns why, everybody else goes on", stacks_refused},
            {"a stack refused to a detached task ends the program with its name", a_stack_refused_to_a_detached_task},
            {"descriptors refused: spawn throws bad_alloc and what was spawned runs", descriptors_refused},
        });
}

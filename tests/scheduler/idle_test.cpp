// SPDX-License-Identifier: MIT
// An idle runtime costs nothing: with 100 parked tasks, with one sleeping task, with a task that blocks its kernel thread, the whole
// process uses less than 1 ms of CPU in 2 s. Measured by the kernel (CLOCK_PROCESS_CPUTIME_ID and getrusage), so a busy machine does not
// matter: only what we ourselves run is counted.
#include "gate.hpp"
#include "support/census.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <sys/resource.h>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

long switches() {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    return u.ru_nvcsw + u.ru_nivcsw;
}

/// After a moment to settle, 2 s of nothing. Three tries: on a busy machine the few instructions that there are cost many times their
/// price, and what is wrong with an idle runtime is wrong each time.
void require_idle(const char* what) {
    bool idle = false;
    for (int attempt = 0; attempt < 3 && !idle; ++attempt) {
        support::sleep_ms(100);
        const long before = support::cpu_ns(), before_switches = switches();
        support::sleep_ms(2000);
        const long used = (support::cpu_ns() - before) / 1000, switched = switches() - before_switches;
        support::say("  %s: %ld us of CPU, %ld context switches in 2 s\n", what, used, switched);
        idle = (test::sanitized || used < 1000) && switched < 20; // a sanitizer has a background thread of its own
    }
    REQUIRE(idle);
}

void with_a_hundred_parked_tasks() {
    test::watchdog guard(30, "with a hundred parked tasks");
    for (unsigned workers : {1u, 2u, 8u}) {
        weft::runtime rt({.workers = workers});
        test::gate g;
        std::vector<weft::join_handle<void>> all;
        for (int i = 0; i < 100; ++i) {
            all.push_back(rt.spawn([&] { g.wait(); }));
        }
        while (g.waiting() != 100) {
            support::sleep_ms(1);
        }
        require_idle("100 parked tasks");
        g.open();
        for (auto& h : all) {
            h.join();
        }
    }
}

void with_one_sleeping_task() {
    test::watchdog guard(30, "with one sleeping task");
    for (unsigned workers : {1u, 2u, 8u}) {
        weft::runtime rt({.workers = workers});
        auto sleeper = rt.spawn([] { weft::sleep_for(2500ms); });
        require_idle("one sleeping task");
        sleeper.join();
    }
}

void with_every_worker_given_away() {
    test::watchdog guard(30, "with every worker given away");
    weft::runtime rt({.workers = 2});
    std::mutex lock;
    std::condition_variable changed;
    bool over = false;
    std::vector<weft::join_handle<void>> all;
    for (int i = 0; i < 3; ++i) {
        all.push_back(rt.spawn([&] {
            weft::blocking([&] {
                std::unique_lock hold(lock);
                changed.wait(hold, [&] { return over; });
            });
        }));
    }
    require_idle("three tasks in blocking sections");
    {
        std::lock_guard hold(lock);
        over = true;
    }
    changed.notify_all();
    for (auto& h : all) {
        h.join();
    }
}

void after_a_burst_of_work() {
    test::watchdog guard(30, "after a burst of work");
    weft::runtime rt({.workers = 8});
    rt.run([] {
        std::vector<weft::join_handle<void>> all;
        for (int i = 0; i < 10'000; ++i) {
            all.push_back(weft::spawn([] { weft::yield(); }));
        }
        for (auto& h : all) {
            h.join();
        }
    });
    require_idle("after 10,000 tasks");
}

/// The worker that has nothing to do neither spins nor takes their cache lines.
void while_two_tasks_take_turns() {
    test::watchdog guard(30, "while two tasks take turns");
    weft::runtime rt({.workers = 2});
    bool one_cpu = false;
    for (int attempt = 0; attempt < 5 && !one_cpu; ++attempt) {
        const long before = support::cpu_ns();
        const auto begin = std::chrono::steady_clock::now();
        long rounds = 0;
        rt.run([&] {
            weft::binary_semaphore there(0), back(0);
            auto other = weft::spawn([&] {
                for (int i = 0; i < 500'000; ++i) {
                    there.acquire();
                    back.release();
                }
            });
            for (int i = 0; i < 500'000; ++i) {
                there.release();
                back.acquire();
                ++rounds;
            }
            other.join();
        });
        const long wall = static_cast<long>((std::chrono::steady_clock::now() - begin) / std::chrono::microseconds(1)), used = (support::cpu_ns() - before) / 1000;
        support::say("  %ld rounds: %ld us of CPU in %ld us\n", rounds, used, wall);
        one_cpu = test::sanitized || used < wall * 5 / 4;
    }
    REQUIRE(one_cpu);
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
                              {
                                  {"a hundred parked tasks use no CPU", with_a_hundred_parked_tasks},
                                  {"one sleeping task uses no CPU", with_one_sleeping_task},
                                  {"tasks in blocking sections use no CPU of the runtime", with_every_worker_given_away},
                                  {"two tasks in turns use one CPU", while_two_tasks_take_turns},
                                  {"after a burst of work the workers come to rest", after_a_burst_of_work},
                              },
                              0); // each case has a watchdog
}

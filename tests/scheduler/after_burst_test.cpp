// SPDX-License-Identifier: MIT
// Memory comes back after a burst: a million tasks queued at once, 200,000 suspended at once on stacks of their own, 100,000 asleep at once;
// then quiet, and the process is as large as it was before, within a fifth and what may be kept. And a second burst works, and costs
// about what the first one did.
//
// Quiet lasts a second, and longer where this process gets no CPU to tidy with: how long is printed, and is no verdict.
#include "support/census.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

// Kept by design: two MiB of descriptors; eight bytes and a bit for each stack that ever was, two MiB here; and a MiB for malloc's caches.
// Of the timers' table, 16 bytes each, malloc may keep the pages that it got back.
constexpr long kept = 5 << 20;
constexpr long kept_a_timer = 16;
constexpr long mib = 1 << 20;

/// `tasks` queued at once behind a task that holds the only worker; how large the process is then.
long queue_at_once(weft::runtime& rt, int tasks) {
    std::atomic<bool> begun{false}, go{false};
    std::atomic<long> sum{0};
    auto first = rt.spawn([&] {
        begun = true;
        while (!go) {
            support::sleep_ms(1);
        }
    });
    while (!begun) {
        support::sleep_ms(1);
    }
    for (int i = 0; i < tasks; ++i) {
        rt.spawn([&sum, i] { sum += i + 1; }).detach();
    }
    const long peak = support::resident_bytes();
    go = true;
    first.join();
    while (sum != long{tasks} * (tasks + 1) / 2) {
        support::sleep_ms(1);
    }
    return peak;
}

/// `tasks` suspended at once in a wait list, each on a stack.
long park_at_once(weft::runtime& rt, int tasks) {
    std::atomic<int> inside{0}, out{0};
    weft::latch open(1);
    rt.run([&] {
        for (int i = 0; i < tasks; ++i) {
            weft::spawn([&] {
                ++inside;
                open.wait();
                ++out;
            }).detach();
        }
    });
    while (inside != tasks) {
        support::sleep_ms(1);
    }
    const long peak = support::resident_bytes();
    open.count_down();
    while (out != tasks) {
        support::sleep_ms(1);
    }
    return peak;
}

/// `tasks` asleep at once, each in the timer heap.
long sleep_at_once(weft::runtime& rt, int tasks) {
    std::atomic<int> begun{0}, out{0};
    rt.run([&] {
        for (int i = 0; i < tasks; ++i) {
            weft::spawn([&] {
                ++begun;
                do {
                    weft::sleep_for(500ms);
                } while (begun != tasks);
                ++out;
            }).detach();
        }
    });
    long peak = 0;
    while (out != tasks) {
        peak = std::max(peak, support::resident_bytes());
        support::sleep_ms(10);
    }
    return peak;
}

void burst_and_quiet(unsigned workers, long (*burst)(weft::runtime&, int), int tasks, long bytes_a_task, long kept_a_task = 0) {
    weft::runtime rt({.workers = workers});
    burst(rt, 20'000); // warm: what the pools may keep is there
    support::sleep_ms(1200);
    const long before = support::resident_bytes();
    const long limit = before + before / 5 + kept + tasks * kept_a_task;
    long cost[2];
    for (int round = 0; round < 2; ++round) {
        const long begin = support::cpu_ns();
        const long peak = burst(rt, tasks);
        cost[round] = (support::cpu_ns() - begin) / 1000;
        REQUIRE(peak - before > tasks * bytes_a_task); // else it would be no burst
        int quiet_ms = 1000;
        support::sleep_ms(quiet_ms);
        for (; support::resident_bytes() > limit && quiet_ms < 60'000; quiet_ms += 50) {
            support::sleep_ms(50);
        }
        const long after = support::resident_bytes();
        support::say("  %d tasks: %ld MiB before, %ld at once, %ld after %d ms of quiet; %ld ns of CPU a task\n", tasks, before / mib,
                     peak / mib, after / mib, quiet_ms, cost[round] * 1000 / tasks);
        REQUIRE(after <= limit);
    }
    REQUIRE(cost[1] <= 3 * cost[0] + 100'000);
}

void a_million_queued_tasks() {
    test::watchdog guard(300, "a million queued tasks");
    burst_and_quiet(1, queue_at_once, 1'000'000, 120);
}

void parked_tasks() {
    test::watchdog guard(300, "200,000 parked tasks");
    burst_and_quiet(2, park_at_once, 200'000, 4000);
}

void sleeping_tasks() {
    test::watchdog guard(300, "100,000 sleeping tasks");
    burst_and_quiet(2, sleep_at_once, 100'000, 2000, kept_a_timer); // those that wake early give their memory back while others begin
}

/// A runtime that has ended leaves nothing behind, though nobody is there to tidy.
void a_runtime_that_ends() {
    test::watchdog guard(300, "the end of a runtime");
    const auto use = [] {
        weft::runtime rt({.workers = 1});
        return queue_at_once(rt, 500'000);
    };
    {
        weft::runtime small({.workers = 1});
        queue_at_once(small, 20'000);
    }
    const long before = support::resident_bytes();
    const long peak = use();
    const long after = support::resident_bytes();
    support::say("  %ld MiB before, %ld at once, %ld after the end\n", before / mib, peak / mib, after / mib);
    REQUIRE(peak - before > 50 * mib);
    REQUIRE(after <= before + before / 5 + kept);
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
                              {
                                  {"a million queued tasks leave no memory behind", a_million_queued_tasks},
                                  {"200,000 parked tasks leave no memory behind", parked_tasks},
                                  {"100,000 sleeping tasks leave no memory behind", sleeping_tasks},
                                  {"a runtime that ends leaves no memory behind", a_runtime_that_ends},
                              },
                              0); // each case has a watchdog
}

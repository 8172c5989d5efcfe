// SPDX-License-Identifier: MIT
// A million tasks: spawned and joined at 1, 2 and 8 workers with the right sum; and a million suspended at once, each on a guarded
// stack of its own, within 4.5 GB of resident memory (VmHWM, the kernel's own high-water mark).
#include "gate.hpp"
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>
#include <weft/weft.hpp>

namespace {

constexpr int million = test::thread_sanitized ? 5'000 : test::sanitized ? 20'000 : 1'000'000; // a sanitizer's shadow of a million stacks would not fit
constexpr int parked_at_once = test::thread_sanitized ? 2'000 : million; // ThreadSanitizer has room for some 8,000 stacks, and each costs it 1 MB
constexpr long limit_kib = 4'500'000'000 / 1024;

long peak_kib() {
    long kib = -1;
    std::string status;
    support::read_pieces("/proc/self/status", [&](const char* data, std::size_t size) { status.append(data, size); });
    if (const auto at = status.find("VmHWM:"); at != std::string::npos) {
        kib = std::atol(status.c_str() + at + 6);
    }
    return kib;
}

void a_million_tasks_give_the_right_sum() {
    test::watchdog guard(120, "a million tasks give the right sum");
    for (unsigned workers : {1u, 2u, 8u}) {
        weft::runtime rt({.workers = workers});
        const long sum = rt.run([] {
            std::vector<weft::join_handle<int>> handles;
            handles.reserve(million);
            for (int i = 0; i < million; ++i) {
                handles.push_back(weft::spawn([i] { return i; }));
            }
            long total = 0;
            for (auto& h : handles) {
                total += h.join();
            }
            return total;
        });
        REQUIRE(sum == long{million} * (million - 1) / 2);
        support::say("  %u workers: right\n", workers);
    }
}

void a_million_detached_tasks_all_run() {
    test::watchdog guard(120, "a million detached tasks all run");
    std::atomic<long> sum{0};
    {
        weft::runtime rt({.workers = 2});
        for (int i = 0; i < million; ++i) { // by a foreign thread: all through the injector
            rt.spawn([&sum, i] { sum += i; }).detach();
        }
    }
    REQUIRE(sum == long{million} * (million - 1) / 2);
}

/// `tasks` suspended at once, each on a stack of its own; then all go on.
void park_and_release(unsigned workers, int tasks) {
    weft::runtime rt({.workers = workers});
    auto at = std::make_unique<test::gate>();
    std::atomic<long> sum{0};
    rt.run([&] {
        for (int i = 0; i < tasks; ++i) {
            weft::spawn([&, i] {
                at->wait();
                sum += i;
            }).detach();
        }
    });
    while (at->waiting() != static_cast<std::size_t>(tasks)) {
        support::sleep_ms(1);
    }
    support::say("  %u workers: %d parked, VmHWM %ld KiB, resident %ld bytes a task\n", workers, tasks, peak_kib(),
                 support::resident_bytes() / tasks);
    rt.run([&] { at->open(); });
    while (sum != long{tasks} * (tasks - 1) / 2) {
        support::sleep_ms(1);
    }
}

void a_million_tasks_parked_at_once_fit_and_all_go_on() {
    test::watchdog guard(500, "a million tasks parked at once fit and all go on");
    park_and_release(2, parked_at_once);
    if (!test::sanitized) {
        REQUIRE(peak_kib() < limit_kib);
    }
}

void tasks_parked_at_once_with_one_and_with_eight_workers() {
    test::watchdog guard(200, "100,000 tasks parked at once");
    park_and_release(1, million / 10);
    park_and_release(8, million / 10);
}

void a_hundred_thousand_tasks_asleep_at_once_all_wake() {
    test::watchdog guard(200, "100,000 tasks asleep at once");
    constexpr int tasks = million / 10;
    std::atomic<int> slept{0}, woken{0};
    {
        weft::runtime rt({.workers = 2});
        rt.run([&] {
            for (int i = 0; i < tasks; ++i) {
                weft::spawn([&] {
                    ++slept;
                    do {
                        weft::sleep_for(std::chrono::seconds(1));
                    } while (slept != tasks);
                    ++woken;
                }).detach();
            }
        });
    }
    REQUIRE(woken == tasks);
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
                              {
                                  {"a million tasks give the right sum", a_million_tasks_give_the_right_sum},
                                  {"a million detached tasks all run", a_million_detached_tasks_all_run},
                                  {"a million tasks parked at once fit and all go on", a_million_tasks_parked_at_once_fit_and_all_go_on},
                                  {"parked at once with one and with eight workers", tasks_parked_at_once_with_one_and_with_eight_workers},
                                  {"a hundred thousand tasks asleep at once all wake", a_hundred_thousand_tasks_asleep_at_once_all_wake},
                              },
                              0); // each case has a watchdog
}

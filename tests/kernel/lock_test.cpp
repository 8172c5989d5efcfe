// SPDX-License-Identifier: MIT
// The kernel floor's own mutex: excludes, publishes, sleeps and wakes. std::threads, so that ThreadSanitizer watches.
#include "kernel/lock.hpp"
#include "support/census.hpp"
#include "support/program.hpp"
#include <atomic>
#include <sched.h>
#include <thread>
#include <vector>

using weft::kernel::guard;
using weft::kernel::lock;

namespace {

void try_acquire_refuses_while_held() {
    lock l;
    REQUIRE(l.try_acquire());
    REQUIRE(!l.try_acquire());
    std::thread([&] { REQUIRE(!l.try_acquire()); }).join();
    l.release();
    REQUIRE(l.try_acquire());
    l.release();
}

void contended_sections_exclude() {
    lock l;
    long plain = 0; // guarded by l
    std::atomic<int> inside{0};
    constexpr int threads = 6;
    constexpr long each = 30'000;
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i) {
        all.emplace_back([&, i] {
            for (long n = 0; n < each; ++n) {
                if (n % 16 == i && l.try_acquire()) {
                    ++plain;
                    l.release();
                    continue;
                }
                guard hold(l);
                REQUIRE(++inside == 1);
                ++plain;
                if (n % 1000 == 0) {
                    sched_yield(); // hold it across a switch, so that others go to sleep
                }
                --inside;
            }
        });
    }
    for (auto& t : all) {
        t.join();
    }
    REQUIRE(plain == threads * each);
}

void waiters_sleep() {
    lock l;
    l.acquire();
    std::atomic<int> got{0};
    std::vector<std::thread> waiters;
    for (int i = 0; i < 3; ++i) {
        waiters.emplace_back([&] {
            guard hold(l);
            ++got;
        });
    }
    support::sleep_ms(50); // let them arrive; if one comes late, the figure below only gets smaller
    const long before = support::cpu_ns();
    support::sleep_ms(300);
    const long burnt = support::cpu_ns() - before;
    REQUIRE(got == 0);
    REQUIRE(burnt < 100'000'000); // three spinning waiters on one CPU would burn 300 ms
    l.release(); // wakes one, and the unlocking chain the others
    for (auto& t : waiters) {
        t.join();
    }
    REQUIRE(got == 3);
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"try_acquire refuses while it is held", try_acquire_refuses_while_held},
         {"contended sections exclude each other and lose nothing", contended_sections_exclude},
         {"waiters sleep and are all woken", waiters_sleep}});
}

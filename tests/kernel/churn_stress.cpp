// SPDX-License-Identifier: MIT
// 200,000 threads one after the other: resident memory and mappings stay where they were, joined or detached, from one creator or
// several, of one size or many. (WEFT_CHURN_THREADS for another number.)
#include "support/program.hpp"
#include "support/watchdog.hpp"
#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>
#include <weft/kernel_thread.hpp>

using weft::kernel_thread;

namespace {

long threads_wanted() {
    const char* text = std::getenv("WEFT_CHURN_THREADS");
    return text ? std::strtol(text, nullptr, 10) : test::sanitized ? 5'000 : 200'000;
}

std::atomic<long> ran{0};

/// What every thread does: enough to touch its stack, its TLS and malloc's caches.
void body() {
    static thread_local std::string own;
    own.assign(100, 'x');
    ++ran;
}

weft::kernel_thread_attributes with_stack(std::size_t kib) {
    weft::kernel_thread_attributes how;
    how.stack_size = kib * 1024;
    return how;
}

/// Runs more(n) several times and watches that nothing grows from the first quarter on.
template <class More>
void flat(long threads, More more) {
    ran = 0;
    more(threads / 4);
    const long bytes = support::resident_bytes();
    const int mappings = support::count_mappings();
    for (int quarter = 2; quarter <= 4; ++quarter) {
        more(threads / 4);
        const long grown = support::resident_bytes() - bytes;
        const int more_mappings = support::count_mappings() - mappings;
        support::say("  %ld threads: %+ld KiB, %+d mappings\n", ran.load(), grown / 1024, more_mappings);
        if (!test::sanitized) { // whose shadow memory and history grow
            REQUIRE(grown < 2L * 1024 * 1024);
            REQUIRE(more_mappings <= 8);
        }
    }
    REQUIRE(ran == threads / 4 * 4);
    REQUIRE(support::eventually([] { return support::count_threads() == 1; }));
}

void joined() {
    const auto how = with_stack(128);
    flat(threads_wanted(), [&](long n) {
        for (long i = 0; i < n; ++i) {
            kernel_thread(how, body).join();
        }
    });
}

void detached() {
    const auto how = with_stack(128);
    static std::atomic<int> alive;
    alive = 0;
    flat(threads_wanted(), [&](long n) {
        for (long i = 0; i < n; ++i) {
            for (int spin = 0; alive >= 32; ++spin) { // not more at a time, so that the bound is a bound
                REQUIRE(spin < 100'000);
                support::sleep_ms(0);
            }
            ++alive;
            kernel_thread(how, [] {
                body();
                --alive;
            }).detach();
        }
        REQUIRE(support::eventually([] { return alive == 0; }));
    });
}

void detached_by_another() {
    // detach() races with the end of the thread: whoever is second hands the memory on.
    const auto how = with_stack(64);
    flat(threads_wanted() / 4, [&](long n) {
        const long before = ran;
        for (long i = 0; i < n; ++i) {
            kernel_thread t(how, body);
            if (i % 3 == 0) {
                REQUIRE(support::eventually([&] { return ran >= before + i; }));
            }
            t.detach();
            if (i % 64 == 0) {
                REQUIRE(support::eventually([&] { return ran == before + i + 1; }));
            }
        }
        REQUIRE(support::eventually([&] { return ran == before + n; }));
    });
}

void concurrent_creators() {
    flat(threads_wanted() / 4, [](long n) {
        std::vector<kernel_thread> creators;
        for (int c = 0; c < 4; ++c) {
            creators.emplace_back([n, c] {
                for (long i = c; i < n; i += 4) {
                    kernel_thread a(with_stack(std::size_t{16} << (i % 5)), body);
                    a.join();
                }
            });
        }
        for (kernel_thread& t : creators) {
            t.join();
        }
    });
}

void many_at_once() {
    flat(threads_wanted() / 10, [](long n) {
        const auto how = with_stack(64);
        while (n > 0) {
            std::vector<kernel_thread> batch;
            for (long i = n < 500 ? n : 500; i > 0; --i, --n) {
                batch.emplace_back(how, body);
            }
            for (kernel_thread& t : batch) {
                t.join();
            }
        }
    });
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(argc, argv,
        {{"created and joined, one after the other", joined},
         {"created and detached, at most 32 at a time", detached},
         {"detached while it ends", detached_by_another},
         {"four creators, five stack sizes", concurrent_creators},
         {"five hundred at once, more than the cache keeps", many_at_once}},
        480);
}

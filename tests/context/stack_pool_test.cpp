// SPDX-License-Identifier: MIT
// The stack pool alone, with each kind of guard. (A million stacks at once: million_stacks_test.cpp.)
#include "context/stack_pool.hpp"
#include "kernel/features.hpp"
#include "kernel/guard_page.hpp"
#include "kernel/text_file.hpp"
#include "support/gtest_watchdog.hpp"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <random>
#include <set>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

namespace {

using namespace weft;
using context::guard_method;
using context::stack_pool;

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t size = 0, resident = 0;
    file >> size >> resident;
    return resident * kernel::page_size();
}

std::size_t mappings() {
    std::ifstream file("/proc/self/maps");
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

/// As a worker does it: in batches, until the pool refuses.
std::vector<void*> acquire(stack_pool& pool, std::size_t count, base::refusal* why = nullptr) {
    base::refusal mine;
    std::vector<void*> tops(count);
    std::size_t have = 0;
    while (have < count) {
        const std::size_t got = pool.acquire(tops.data() + have, std::min<std::size_t>(count - have, 16), why ? why : &mine);
        if (got == 0) {
            EXPECT_TRUE(why) << mine.call << " errno " << mine.error;
            break;
        }
        have += got;
    }
    tops.resize(have);
    return tops;
}

void release(stack_pool& pool, const std::vector<void*>& tops) {
    for (std::size_t at = 0; at < tops.size(); at += 16) {
        pool.release(tops.data() + at, std::min<std::size_t>(16, tops.size() - at));
    }
}

/// The guard lies right below what may be used.
std::byte* guard_of(const stack_pool& pool, void* top) {
    return static_cast<std::byte*>(top) - pool.usable_size() - kernel::page_size();
}

void fill(const stack_pool& pool, void* top, int byte) {
    std::memset(static_cast<std::byte*>(top) - pool.usable_size(), byte, pool.usable_size());
}

class a_stack_pool : public testing::TestWithParam<guard_method> {
  protected:
    void SetUp() override {
        if (GetParam() == guard_method::advice && !kernel::has_guard_advice()) {
            GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
        }
    }
    context::stack_pool_options options(std::size_t stack_size = 64 * 1024) const {
        return {.stack_size = stack_size, .guards = GetParam()};
    }
};

TEST_P(a_stack_pool, gives_stacks_that_are_usable_to_the_last_byte_and_lie_apart) {
    stack_pool pool(options());
    EXPECT_EQ(pool.usable_size(), 64 * 1024 - kernel::page_size());
    const auto tops = acquire(pool, 200);
    ASSERT_EQ(tops.size(), 200u);
    for (std::size_t i = 0; i < tops.size(); ++i) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tops[i]) % 16, 0u);
        fill(pool, tops[i], static_cast<int>(i));
    }
    for (std::size_t i = 0; i < tops.size(); ++i) {
        const auto* low = static_cast<unsigned char*>(tops[i]) - pool.usable_size();
        EXPECT_TRUE(std::all_of(low, low + pool.usable_size(), [&](unsigned char b) { return b == static_cast<unsigned char>(i); }));
    }
    release(pool, tops);
}

TEST_P(a_stack_pool, guards_every_stack_also_after_reuse_and_trim) {
    auto o = options(16 * 1024);
    o.warm_limit = 8;
    stack_pool pool(o);
    for (int round = 0; round < 4; ++round) {
        const auto tops = acquire(pool, 300);
        ASSERT_EQ(tops.size(), 300u);
        for (void* top : tops) {
            EXPECT_TRUE(kernel::is_guarded(guard_of(pool, top)));
            if (round == 0) { // still zeroes: the page above is no guard, so the probe can say no
                EXPECT_FALSE(kernel::is_guarded(guard_of(pool, top) + kernel::page_size()));
            }
            fill(pool, top, 0xa5);
        }
        release(pool, tops);
        if (round == 1) {
            pool.trim();
        }
    }
    EXPECT_GT(pool.stats().trimmed, 0u);
}

TEST_P(a_stack_pool, hands_out_the_last_one_back_first) {
    stack_pool pool(options());
    auto tops = acquire(pool, 5);
    void* again[5];
    base::refusal why;
    pool.release(tops.data(), 5);
    ASSERT_EQ(pool.acquire(again, 5, &why), 5u);
    std::reverse(tops.begin(), tops.end());
    EXPECT_TRUE(std::equal(tops.begin(), tops.end(), again));
    // One out, one in: always the same one.
    pool.release(again, 5);
    for (int k = 0; k < 100; ++k) {
        void* one = nullptr;
        ASSERT_EQ(pool.acquire(&one, 1, &why), 1u);
        EXPECT_EQ(one, again[4]);
        pool.release(&one, 1);
    }
}

TEST_P(a_stack_pool, maps_little_for_few_and_grows_by_doubling) {
    stack_pool pool(options());
    EXPECT_EQ(pool.stats().mapped, 0u);
    auto tops = acquire(pool, 1);
    EXPECT_LE(pool.stats().mapped, 1024u * 1024);
    auto more = acquire(pool, 5000);
    const auto stats = pool.stats();
    EXPECT_EQ(stats.out, 5001u);
    EXPECT_LE(stats.slabs, 12u);
    EXPECT_LE(stats.mapped, 2 * 5001 * 64 * 1024u);
    release(pool, more);
    release(pool, tops);
    EXPECT_EQ(pool.stats().out, 0u);
}

TEST_P(a_stack_pool, gives_the_memory_of_a_burst_back) {
    stack_pool pool(options());
    const std::size_t before = resident_bytes();
    const auto tops = acquire(pool, 5000);
    ASSERT_EQ(tops.size(), 5000u);
    for (void* top : tops) {
        std::memset(static_cast<std::byte*>(top) - 8192, 1, 8192);
    }
    const std::size_t peak = resident_bytes();
    EXPECT_GT(peak - before, 5000u * 8192 - (2u << 20));
    release(pool, tops);
    const auto stats = pool.stats();
    EXPECT_LE(stats.warm, 1024u); // 64 MiB of 64 KiB stacks
    EXPECT_EQ(stats.warm + stats.cold, 5000u);
    if (!test::sanitized) { // their shadow memory stays
        EXPECT_LT(resident_bytes() - before, 1024u * 8192 + (4u << 20)) << "peak was " << peak - before;
        pool.trim();
        EXPECT_LT(resident_bytes(), before + (4u << 20));
    }
    // And all of it is still good.
    const auto again = acquire(pool, 5000);
    ASSERT_EQ(again.size(), 5000u);
    EXPECT_EQ(std::set<void*>(again.begin(), again.end()), std::set<void*>(tops.begin(), tops.end()));
    for (void* top : again) {
        std::memset(static_cast<std::byte*>(top) - 64, 2, 64);
    }
    release(pool, again);
}

TEST_P(a_stack_pool, serves_threads_at_once) {
    auto o = options(16 * 1024);
    o.warm_limit = 64;
    stack_pool pool(o);
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::vector<std::thread> threads;
    std::atomic<unsigned> clashes{0};
    for (unsigned number = 1; number <= 4; ++number) {
        threads.emplace_back([&, number] {
            std::mt19937 random(seed + number);
            std::vector<void*> mine;
            for (int step = 0; step < (test::sanitized ? 300 : 3000); ++step) {
                void* batch[16];
                const std::size_t n = 1 + random() % 16;
                if (random() % 2 == 0 || mine.size() < n) {
                    base::refusal why;
                    const std::size_t got = pool.acquire(batch, n, &why);
                    for (std::size_t i = 0; i < got; ++i) {
                        static_cast<std::uint64_t*>(batch[i])[-1] = number; // ours now
                        mine.push_back(batch[i]);
                    }
                } else {
                    std::shuffle(mine.begin(), mine.end(), random);
                    for (std::size_t i = 0; i < n; ++i) {
                        batch[i] = mine.back();
                        mine.pop_back();
                        clashes += static_cast<std::uint64_t*>(batch[i])[-1] != number;
                    }
                    pool.release(batch, n);
                }
            }
            release(pool, mine);
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(clashes, 0u);
    EXPECT_EQ(pool.stats().out, 0u);
}

TEST_P(a_stack_pool, gives_every_mapping_back_at_its_end) {
    const std::size_t before = mappings();
    for (int round = 0; round < 3; ++round) {
        stack_pool pool(options());
        release(pool, acquire(pool, 500));
    }
    EXPECT_LE(mappings(), before + 2); // the allocator may have grown
}

INSTANTIATE_TEST_SUITE_P(guarded_by, a_stack_pool, testing::Values(guard_method::advice, guard_method::mprotect),
                         [](const auto& each) { return each.param == guard_method::advice ? "advice" : "mprotect"; });

TEST(a_stack_pool_of_any_kind, needs_one_mapping_for_many_guards_where_the_kernel_can) {
    if (!kernel::has_guard_advice()) {
        GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
    }
    stack_pool pool({.stack_size = 16 * 1024});
    EXPECT_EQ(pool.stats().method, guard_method::advice);
    const std::size_t before = mappings();
    const auto tops = acquire(pool, 10'000);
    EXPECT_EQ(tops.size(), 10'000u);
    EXPECT_LE(mappings(), before + pool.stats().slabs);
    release(pool, tops);
}

TEST(a_stack_pool_of_any_kind, rounds_sizes_up_to_pages) {
    stack_pool pool({.stack_size = 20'001});
    EXPECT_EQ(pool.usable_size() % kernel::page_size(), 0u);
    EXPECT_GE(pool.usable_size() + kernel::page_size(), 20'001u);
    auto tops = acquire(pool, 3);
    fill(pool, tops[1], 3);
    release(pool, tops);
}

TEST(a_stack_pool_of_any_kind, refuses_when_the_mappings_for_guards_are_used_up_and_recovers) {
    stack_pool pool({.stack_size = 16 * 1024, .guards = guard_method::mprotect, .map_budget = 200});
    base::refusal why;
    const auto tops = acquire(pool, 1000, &why);
    EXPECT_EQ(tops.size(), 100u); // two mappings each
    EXPECT_EQ(why.error, ENOMEM);
    EXPECT_NE(std::string(why.call).find("max_map_count"), std::string::npos) << why.call;
    EXPECT_EQ(pool.stats().out, 100u);
    for (void* top : tops) {
        EXPECT_TRUE(kernel::is_guarded(guard_of(pool, top)));
    }
    // What came back has its guard and goes out again.
    release(pool, {tops.begin(), tops.begin() + 40});
    EXPECT_EQ(acquire(pool, 1000, &why).size(), 40u);
    release(pool, tops);
}

TEST(a_stack_pool_of_any_kind, shares_the_map_budget_with_other_pools_and_returns_it) {
    for (int round = 0; round < 3; ++round) {
        stack_pool a({.stack_size = 16 * 1024, .guards = guard_method::mprotect, .map_budget = 200});
        stack_pool b({.stack_size = 16 * 1024, .guards = guard_method::mprotect, .map_budget = 200});
        base::refusal why;
        const auto first = acquire(a, 60, &why);
        const auto second = acquire(b, 60, &why);
        EXPECT_EQ(first.size(), 60u);
        EXPECT_EQ(second.size(), 40u);
        release(a, first);
        release(b, second);
    }
}

TEST(a_stack_pool_of_any_kind, leaves_mappings_to_the_rest_of_the_program_under_mprotect) {
    if (test::sanitized) {
        GTEST_SKIP() << "tens of thousands of mappings are slow under a sanitizer";
    }
    std::uint64_t limit = 0;
    ASSERT_TRUE(kernel::read_number("/proc/sys/vm/max_map_count", limit));
    if (limit > 300'000) {
        GTEST_SKIP() << "vm.max_map_count is " << limit;
    }
    stack_pool pool({.stack_size = 16 * 1024, .guards = guard_method::mprotect});
    base::refusal why;
    const auto tops = acquire(pool, limit, &why);
    EXPECT_GT(tops.size(), limit / 4);
    EXPECT_EQ(why.error, ENOMEM);
    EXPECT_LT(mappings(), limit - limit / 16);
    void* other = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(other, MAP_FAILED);
    munmap(other, 4096);
    release(pool, tops);
}

TEST(a_stack_pool_of_any_kind, refuses_at_the_end_of_the_address_space_and_takes_what_fits) {
    if (test::sanitized) {
        GTEST_SKIP() << "a sanitizer's shadow does not fit below RLIMIT_AS";
    }
    stack_pool pool({.stack_size = 1024 * 1024});
    const auto some = acquire(pool, 1);
    std::ifstream file("/proc/self/statm");
    rlim_t pages = 0;
    file >> pages;
    rlimit old{};
    getrlimit(RLIMIT_AS, &old);
    rlimit tight = old;
    tight.rlim_cur = pages * kernel::page_size() + (100u << 20);
    setrlimit(RLIMIT_AS, &tight);
    base::refusal why;
    const auto tops = acquire(pool, 1000, &why);
    setrlimit(RLIMIT_AS, &old);
    EXPECT_GE(tops.size(), 15 + 90u); // the rest of the first slab, and nearly all of the 100 MiB
    EXPECT_LE(tops.size(), 15 + 100u);
    EXPECT_EQ(why.error, ENOMEM);
    EXPECT_NE(std::string(why.call).find("RLIMIT_AS"), std::string::npos) << why.call;
    const auto more = acquire(pool, 10); // the limit is gone: the pool goes on
    EXPECT_EQ(more.size(), 10u);
    release(pool, more);
    release(pool, tops);
    release(pool, some);
}

/// Killed by SIGSEGV; under a sanitizer by its report of it.
bool died_of_a_fault(int status) {
    return testing::KilledBySignal(SIGSEGV)(status) || (test::sanitized && WIFEXITED(status) && WEXITSTATUS(status) != 0);
}

TEST(a_stack_pool_death_test, a_byte_below_the_stack_faults) {
    for (guard_method m : {guard_method::advice, guard_method::mprotect}) {
        if (m == guard_method::advice && !kernel::has_guard_advice()) {
            continue;
        }
        stack_pool pool({.stack_size = 32 * 1024, .guards = m});
        const auto tops = acquire(pool, 3);
        auto* lowest = reinterpret_cast<volatile char*>(static_cast<char*>(tops[1]) - pool.usable_size());
        *lowest = 1;
        EXPECT_EXIT(lowest[-1] = 1, died_of_a_fault, test::sanitized ? "SEGV" : "");
        EXPECT_EXIT(lowest[-static_cast<long>(kernel::page_size())] = 1, died_of_a_fault, test::sanitized ? "SEGV" : "");
        release(pool, tops);
    }
}

TEST(a_stack_pool_death_test, a_stack_that_is_still_out_at_the_end_is_a_panic) {
    EXPECT_DEATH(
        {
            stack_pool pool({});
            (void)acquire(pool, 1);
        },
        "panic: a stack pool ends while stacks of it are still out");
}

} // namespace

// SPDX-License-Identifier: MIT
// Where the stack pool ends: the kernel's refusals and what the user is told, guards that really fault, and stacks that never came back.
#include "context/pool_use.hpp"
#include "kernel/features.hpp"
#include "kernel/text_file.hpp"
#include "support/gtest_watchdog.hpp"
#include <cerrno>
#include <csignal>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace {

using namespace weft;
using namespace test;

TEST(a_stack_pool, refuses_when_the_mappings_for_guards_are_used_up_and_recovers) {
    stack_pool pool({.stack_size = 16 * 1024, .guards = guard_method::mprotect, .map_budget = 200});
    base::refusal why;
    const auto tops = acquire(pool, 1000, &why);
    EXPECT_EQ(tops.size(), 100u); // two mappings each
    EXPECT_EQ(why.error, ENOMEM);
    EXPECT_NE(std::string(why.call).find("max_map_count"), std::string::npos) << why.call;
    EXPECT_EQ(pool.stats().out, 100u);
    EXPECT_TRUE(none_is_lost(pool));
    for (void* top : tops) {
        EXPECT_TRUE(kernel::is_guarded(pool.guard_of(top)));
    }
    // What came back has its guard and goes out again.
    release(pool, {tops.begin(), tops.begin() + 40});
    EXPECT_EQ(acquire(pool, 1000, &why).size(), 40u);
    EXPECT_TRUE(none_is_lost(pool));
    release(pool, tops);
}

TEST(a_stack_pool, shares_the_map_budget_with_other_pools_and_returns_it) {
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

TEST(a_stack_pool, leaves_mappings_to_the_rest_of_the_program_under_mprotect) {
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

TEST(a_stack_pool, refuses_at_the_end_of_the_address_space_and_takes_what_fits) {
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
        auto* lowest = reinterpret_cast<volatile char*>(pool.guard_of(tops[1]) + pool.guard_size());
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

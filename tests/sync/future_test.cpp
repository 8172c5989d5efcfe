// SPDX-License-Identifier: MIT
// future and shared_future against [futures.unique.future] and [futures.shared.future] of C++20: waiting, by tasks, foreign threads and
// both.
#include <future>

#include "agents.hpp"
#include "clocks.hpp"
#include "counting_allocator.hpp"
#include <stdexcept>
#include <string>
#include <weft/future.hpp>

namespace {

using namespace std::chrono_literals;
using weft::future;
using weft::future_errc;
using weft::future_status;
using weft::promise;
using weft::shared_future;

template <class F>
constexpr bool moves = std::is_nothrow_default_constructible_v<F> && std::is_nothrow_move_constructible_v<F> &&
                       std::is_nothrow_move_assignable_v<F> && std::is_nothrow_destructible_v<F> &&
                       noexcept(std::declval<const F&>().valid());
template <class R>
constexpr bool has_the_traits =
    moves<future<R>> && moves<shared_future<R>> && !std::is_copy_constructible_v<future<R>> && !std::is_copy_assignable_v<future<R>> &&
    std::is_nothrow_copy_constructible_v<shared_future<R>> && std::is_nothrow_copy_assignable_v<shared_future<R>> &&
    std::is_nothrow_convertible_v<future<R>, shared_future<R>> && !std::is_constructible_v<future<R>, shared_future<R>> &&
    noexcept(std::declval<future<R>&>().share());
static_assert(has_the_traits<int> && has_the_traits<int&> && has_the_traits<void>);
static_assert(std::is_same_v<decltype(std::declval<future<int>&>().get()), int> &&
              std::is_same_v<decltype(std::declval<const shared_future<int>&>().get()), const int&> &&
              std::is_same_v<decltype(std::declval<const shared_future<int&>&>().get()), int&> &&
              std::is_same_v<decltype(std::declval<const shared_future<void>&>().get()), void> &&
              std::is_same_v<decltype(std::declval<future<int>&>().share()), shared_future<int>>);

WEFT_WITH_AGENTS(futures);

TEST_P(futures, what_is_not_valid_has_no_state) {
    run(0, [] {
        future<int> f;
        shared_future<int> s;
        EXPECT_FALSE(f.valid());
        EXPECT_FALSE(s.valid());
        for (const auto code : {test::future_error_of([&] { f.get(); }), test::future_error_of([&] { f.wait(); }),
                                test::future_error_of([&] { (void)f.wait_for(1s); }),
                                test::future_error_of([&] { (void)f.wait_until(std::chrono::steady_clock::now()); }),
                                test::future_error_of([&] { s.get(); }), test::future_error_of([&] { s.wait(); })}) {
            EXPECT_EQ(code, future_errc::no_state);
        }
        EXPECT_FALSE(f.share().valid());
    });
}

TEST_P(futures, get_waits_for_another_and_sees_what_it_wrote) {
    promise<int> p;
    int plain = 0;
    auto getter = start(0, [&, f = p.get_future()]() mutable {
        EXPECT_EQ(f.get(), 5);
        EXPECT_EQ(plain, 6);
        EXPECT_FALSE(f.valid());
    });
    auto setter = start(1, [&] {
        weft::sleep_for(1ms);
        plain = 6;
        p.set_value(5);
    });
    getter.join();
    setter.join();
}

TEST_P(futures, a_waiting_task_leaves_its_worker_to_others) {
    promise<int> p;
    shared_future<int> f = p.get_future();
    std::vector<weft::join_handle<void>> waiting;
    for (unsigned i = 0; i < 3 * rt.workers(); ++i) {
        waiting.push_back(rt.spawn([f] { EXPECT_EQ(f.get(), 1); }));
    }
    rt.run([&] { p.set_value(1); });
    for (auto& each : waiting) {
        each.join();
    }
}

TEST_P(futures, wait_for_is_a_timeout_until_it_is_ready) {
    run(0, [this] {
        promise<int> p;
        auto f = p.get_future();
        EXPECT_EQ(f.wait_for(0s), future_status::timeout);
        EXPECT_EQ(f.wait_for(-1h), future_status::timeout);
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(f.wait_for(3ms), future_status::timeout);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 3ms);
        auto setter = start(0, [&] { p.set_value(2); });
        EXPECT_EQ(f.wait_for(std::chrono::hours::max()), future_status::ready);
        EXPECT_EQ(f.wait_for(std::chrono::duration<double>(1e300)), future_status::ready);
        EXPECT_EQ(f.wait_for(0s), future_status::ready);
        EXPECT_EQ(f.wait_for(-1h), future_status::ready);
        EXPECT_EQ(f.get(), 2);
        setter.join();
    });
}

TEST_P(futures, wait_until_takes_any_clock) {
    run(0, [this] {
        promise<void> p;
        shared_future<void> f = p.get_future();
        const auto steady = std::chrono::steady_clock::now() + 2ms;
        EXPECT_EQ(f.wait_until(steady), future_status::timeout);
        EXPECT_GE(std::chrono::steady_clock::now(), steady);
        const auto wall = std::chrono::system_clock::now() + 2ms;
        EXPECT_EQ(f.wait_until(wall), future_status::timeout);
        EXPECT_GE(std::chrono::system_clock::now(), wall);
        const auto half = test::slow_clock::now() + 2ms;
        EXPECT_EQ(f.wait_until(half), future_status::timeout);
        EXPECT_GE(test::slow_clock::now(), half);
        EXPECT_EQ(f.wait_until(std::chrono::system_clock::time_point::min()), future_status::timeout);
        auto setter = start(0, [&] { p.set_value(); });
        EXPECT_EQ(f.wait_until(test::slow_clock::now() + 1h), future_status::ready);
        EXPECT_EQ(f.wait_until(std::chrono::steady_clock::time_point::max()), future_status::ready);
        setter.join();
    });
}

TEST_P(futures, many_share_one_result) {
    promise<std::string> p;
    shared_future<std::string> f = p.get_future().share();
    std::vector<test::agent> readers;
    std::atomic<const std::string*> where{nullptr};
    for (int i = 0; i < 8; ++i) {
        readers.push_back(start(i, [&, f] {
            const std::string& s = f.get();
            EXPECT_EQ(s, "for all");
            const std::string* first = nullptr;
            EXPECT_TRUE(where.compare_exchange_strong(first, &s) || first == &s) << "each got a value of its own";
            EXPECT_EQ(&f.get(), &s);
        }));
    }
    run(1, [&] { p.set_value("for all"); });
    for (auto& each : readers) {
        each.join();
    }
}

TEST_P(futures, an_exception_is_thrown_to_each_sharer_each_time) {
    run(0, [] {
        promise<int> p;
        shared_future<int> f(p.get_future());
        shared_future<int> g = f;
        p.set_exception(std::make_exception_ptr(std::runtime_error("again")));
        for (int i = 0; i < 2; ++i) {
            EXPECT_THROW((void)f.get(), std::runtime_error);
            EXPECT_THROW((void)g.get(), std::runtime_error);
        }
        EXPECT_TRUE(f.valid());
    });
}

TEST_P(futures, copies_moves_and_share_keep_the_state) {
    run(0, [] {
        int x = 0;
        promise<int&> p;
        auto unique = p.get_future();
        auto moved = std::move(unique);
        EXPECT_FALSE(unique.valid()); // NOLINT: moved from, on purpose
        auto shared = moved.share();
        EXPECT_FALSE(moved.valid());
        auto copy = shared;
        auto taken = std::move(shared);
        EXPECT_FALSE(shared.valid()); // NOLINT: moved from, on purpose
        shared = copy;
        copy = shared_future<int&>();
        EXPECT_FALSE(copy.valid());
        const shared_future<int&>& same = shared;
        shared = same; // a self assignment keeps it
        p.set_value(x);
        EXPECT_EQ(&shared.get(), &x);
        EXPECT_EQ(&taken.get(), &x);
    });
}

TEST_P(futures, the_value_is_moved_out_once_and_destroyed_once) {
    struct counted {
        int* alive;
        int* copies;
        counted(int* a, int* c) : alive(a), copies(c) { ++*alive; }
        counted(const counted& o) : alive(o.alive), copies(o.copies) { ++*alive, ++*copies; }
        counted(counted&& o) noexcept : alive(o.alive), copies(o.copies) { ++*alive; }
        ~counted() { --*alive; }
    };
    run(0, [] {
        int alive = 0, copies = 0;
        {
            promise<counted> p, unread, broken;
            auto f = p.get_future();
            auto u = unread.get_future();
            p.set_value(counted(&alive, &copies));
            unread.set_value(counted(&alive, &copies));
            EXPECT_EQ(alive, 2);
            {
                const counted got = f.get();
                EXPECT_GE(alive, 2);
            }
            EXPECT_EQ(copies, 0);
        }
        EXPECT_EQ(alive, 0);
    });
}

TEST_P(futures, the_error_codes_are_std_s) {
    run(0, [] {
        try {
            future<int>().wait();
            ADD_FAILURE();
        } catch (const std::future_error& e) {
            EXPECT_EQ(e.code(), std::future_errc::no_state);
            EXPECT_EQ(e.code(), weft::make_error_code(weft::future_errc::no_state));
            EXPECT_EQ(&e.code().category(), &weft::future_category());
            EXPECT_STREQ(weft::future_category().name(), "future");
        }
    });
}

} // namespace

// SPDX-License-Identifier: MIT
// weft::packaged_task against [futures.task] of C++20.
#include <future>

#include "agents.hpp"
#include "counting_allocator.hpp"
#include <memory>
#include <stdexcept>
#include <string>
#include <weft/future.hpp>

namespace {

using weft::future_errc;
using weft::packaged_task;

using plain = packaged_task<int(int)>;
static_assert(std::is_nothrow_default_constructible_v<plain> && std::is_nothrow_move_constructible_v<plain> &&
              std::is_nothrow_move_assignable_v<plain> && !std::is_copy_constructible_v<plain> && !std::is_copy_assignable_v<plain> &&
              std::is_nothrow_destructible_v<plain> && std::is_nothrow_swappable_v<plain>);
static_assert(!std::is_convertible_v<int (*)(int), plain> && std::is_constructible_v<plain, int (*)(int)> &&
              !std::is_constructible_v<plain, plain&> && noexcept(std::declval<const plain&>().valid()));
static_assert(std::uses_allocator_v<plain, std::allocator<int>> &&
              std::is_base_of_v<std::true_type, std::uses_allocator<plain, std::allocator<int>>>);

// [futures.task.members]: deduction guides.
[[maybe_unused]] int function(char) {
    return 0;
}
[[maybe_unused]] int quiet_function(char) noexcept {
    return 0;
}
struct constant {
    int operator()(int, double) const;
};
struct lvalue {
    void operator()(int&) &;
};
struct quiet {
    long operator()() const noexcept;
};
struct odd {
    char operator()(int) volatile& noexcept;
};
static_assert(std::is_same_v<decltype(packaged_task(function)), packaged_task<int(char)>>);
static_assert(std::is_same_v<decltype(packaged_task(&function)), packaged_task<int(char)>>);
static_assert(std::is_same_v<decltype(packaged_task(quiet_function)), packaged_task<int(char)>>);
static_assert(std::is_same_v<decltype(packaged_task(constant())), packaged_task<int(int, double)>>);
static_assert(std::is_same_v<decltype(packaged_task(lvalue())), packaged_task<void(int&)>>);
static_assert(std::is_same_v<decltype(packaged_task(quiet())), packaged_task<long()>>);
static_assert(std::is_same_v<decltype(packaged_task(odd())), packaged_task<char(int)>>);
static_assert(std::is_same_v<decltype(packaged_task([](std::string s) mutable { return s; })), packaged_task<std::string(std::string)>>);
static_assert(std::is_same_v<decltype(packaged_task(std::declval<plain>())), plain>);

WEFT_WITH_AGENTS(packaged);

TEST_P(packaged, a_call_makes_the_future_ready_with_the_value) {
    run(0, [] {
        packaged_task<int(int, int)> t([](int a, int b) { return a + b; });
        auto f = t.get_future();
        EXPECT_TRUE(t.valid());
        t(2, 3);
        EXPECT_EQ(f.get(), 5);

        int x = 0;
        packaged_task<int&(int&)> reference([](int& r) -> int& { return ++r; });
        auto r = reference.get_future();
        reference(x);
        EXPECT_EQ(&r.get(), &x);
        EXPECT_EQ(x, 1);

        packaged_task<void(std::unique_ptr<int>)> nothing([&](std::unique_ptr<int> p) {
            x = *p;
            return "dropped";
        });
        auto n = nothing.get_future();
        nothing(std::make_unique<int>(8));
        n.get();
        EXPECT_EQ(x, 8);

        packaged_task<double()> converts([] { return 3; });
        auto c = converts.get_future();
        converts();
        EXPECT_EQ(c.get(), 3.0);

        struct object {
            int member = 4;
            int twice() const { return 2 * member; }
        } o;
        packaged_task<int(object&)> pointer(&object::member);
        packaged_task<int(const object*)> method(&object::twice);
        auto p = pointer.get_future();
        auto m = method.get_future();
        pointer(o);
        method(&o);
        EXPECT_EQ(p.get(), 4);
        EXPECT_EQ(m.get(), 8);
    });
}

TEST_P(packaged, an_exception_goes_to_the_future_and_not_to_the_caller) {
    run(0, [] {
        packaged_task<int()> t([]() -> int { throw std::out_of_range("inside"); });
        auto f = t.get_future();
        EXPECT_NO_THROW(t());
        EXPECT_THROW(f.get(), std::out_of_range);
    });
}

TEST_P(packaged, the_errors_are_those_of_a_promise) {
    run(0, [] {
        packaged_task<int()> none;
        EXPECT_FALSE(none.valid());
        for (const auto code :
             {test::future_error_of([&] { none(); }), test::future_error_of([&] { none.make_ready_at_thread_exit(); }),
              test::future_error_of([&] { (void)none.get_future(); }), test::future_error_of([&] { none.reset(); })}) {
            EXPECT_EQ(code, future_errc::no_state);
        }
        packaged_task<int()> t([] { return 1; });
        auto f = t.get_future();
        EXPECT_EQ(test::future_error_of([&] { (void)t.get_future(); }), future_errc::future_already_retrieved);
        t();
        EXPECT_EQ(test::future_error_of([&] { t(); }), future_errc::promise_already_satisfied);
        EXPECT_EQ(test::future_error_of([&] { t.make_ready_at_thread_exit(); }), future_errc::promise_already_satisfied);
        { packaged_task<int()> gone(std::move(t)); }
        EXPECT_FALSE(t.valid()); // NOLINT: moved from, on purpose
        EXPECT_EQ(f.get(), 1);
        {
            packaged_task<int()> never([] { return 1; });
            f = never.get_future();
        }
        EXPECT_EQ(test::future_error_of([&] { f.get(); }), future_errc::broken_promise);
    });
}

TEST_P(packaged, a_call_inside_of_the_call_is_refused) {
    run(0, [] {
        packaged_task<void()> t;
        future_errc inner{};
        t = packaged_task<void()>([&] { inner = test::future_error_of([&] { t(); }); });
        t();
        EXPECT_EQ(inner, future_errc::promise_already_satisfied);
    });
}

TEST_P(packaged, the_function_may_destroy_its_task) {
    run(0, [] {
        auto t = std::make_unique<packaged_task<int()>>();
        *t = packaged_task<int()>([&t, kept = std::string(100, 'k')] {
            t.reset();
            return static_cast<int>(kept.size());
        });
        auto f = t->get_future();
        (*t)();
        EXPECT_EQ(f.get(), 100);
    });
}

TEST_P(packaged, reset_begins_anew_with_the_same_function) {
    run(0, [] {
        int calls = 0;
        packaged_task<int()> t([&] { return ++calls; });
        auto first = t.get_future();
        t();
        t.reset();
        auto second = t.get_future();
        t();
        EXPECT_EQ(first.get(), 1);
        EXPECT_EQ(second.get(), 2);
        t.reset();
        auto third = t.get_future();
        t.reset();
        EXPECT_EQ(test::future_error_of([&] { third.get(); }), future_errc::broken_promise);
    });
}

TEST_P(packaged, copies_or_moves_the_function_exactly_once) {
    struct counts {
        int &copies, &moves;
        counts(int& c, int& m) : copies(c), moves(m) {}
        counts(const counts& o) : copies(o.copies), moves(o.moves) { ++copies; }
        counts(counts&& o) noexcept : copies(o.copies), moves(o.moves) { ++moves; }
        void operator()() {}
    };
    run(0, [] {
        int copies = 0, moves = 0;
        const counts f(copies, moves);
        packaged_task<void()> a(f);
        EXPECT_EQ(copies, 1);
        EXPECT_EQ(moves, 0);
        packaged_task<void()> b(counts(copies, moves));
        EXPECT_EQ(copies, 1);
        EXPECT_EQ(moves, 1);
    });
}

TEST_P(packaged, the_allocator_gives_all_memory_also_for_a_reset) {
    run(0, [] {
        int out = 0;
        {
            packaged_task<int()> t(std::allocator_arg, test::counting_allocator<char>(out), [] { return 6; });
            EXPECT_EQ(out, 1);
            auto f = t.get_future();
            t();
            t.reset();
            EXPECT_EQ(out, 2);
            EXPECT_EQ(f.get(), 6);
            EXPECT_EQ(out, 1);
        }
        EXPECT_EQ(out, 0);
    });
}

TEST_P(packaged, make_ready_at_thread_exit_calls_now_and_is_ready_at_the_end) {
    std::atomic<bool> called{false}, leave{false};
    packaged_task<int(int)> t([&](int x) {
        called = true;
        return x;
    });
    auto f = t.get_future();
    auto caller = start(0, [&] {
        t.make_ready_at_thread_exit(9);
        EXPECT_TRUE(called);
        test::yield_until([&] { return leave.load(); });
    });
    run(1, [&] {
        test::yield_until([&] { return called.load(); });
        EXPECT_EQ(f.wait_for(std::chrono::milliseconds(5)), std::future_status::timeout);
        leave = true;
        EXPECT_EQ(f.get(), 9);
    });
    caller.join();
}

TEST_P(packaged, a_thread_runs_one) {
    run(0, [] {
        packaged_task<int(int)> t([](int x) { return 2 * x; });
        auto f = t.get_future();
        weft::thread(std::move(t), 21).join();
        EXPECT_EQ(f.get(), 42);
    });
}

} // namespace

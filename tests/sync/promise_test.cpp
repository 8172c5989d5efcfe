// SPDX-License-Identifier: MIT
// weft::promise against [futures.promise] of C++20, and what its future sees.
#include <future>

#include "agents.hpp"
#include "counting_allocator.hpp"
#include <memory>
#include <stdexcept>
#include <string>
#include <weft/future.hpp>

namespace {

using weft::future_errc;
using weft::promise;

template <class P>
constexpr bool has_the_traits =
    std::is_default_constructible_v<P> && std::is_nothrow_move_constructible_v<P> && std::is_nothrow_move_assignable_v<P> &&
    !std::is_copy_constructible_v<P> && !std::is_copy_assignable_v<P> && std::is_nothrow_destructible_v<P> &&
    std::is_nothrow_swappable_v<P> && std::uses_allocator_v<P, std::allocator<int>> && std::uses_allocator_v<P, int> &&
    std::is_constructible_v<P, std::allocator_arg_t, std::allocator<int>>;
static_assert(has_the_traits<promise<int>> && has_the_traits<promise<int&>> && has_the_traits<promise<void>> &&
              has_the_traits<promise<std::unique_ptr<int>>>);
static_assert(std::is_same_v<weft::future_error, std::future_error> && std::is_same_v<weft::future_errc, std::future_errc> &&
              std::is_same_v<weft::future_status, std::future_status> && std::is_same_v<weft::launch, std::launch>);
static_assert(std::is_base_of_v<std::true_type, std::uses_allocator<promise<double>, std::allocator<char>>>);

WEFT_WITH_AGENTS(promises);

TEST_P(promises, values_references_and_nothing_arrive) {
    run(0, [] {
        promise<int> number;
        auto n = number.get_future();
        number.set_value(3);
        EXPECT_EQ(n.get(), 3);

        promise<std::string> text;
        auto t = text.get_future();
        const std::string constant = "a const lvalue";
        text.set_value(constant);
        EXPECT_EQ(t.get(), constant);

        promise<std::unique_ptr<int>> pointer;
        auto p = pointer.get_future();
        pointer.set_value(std::make_unique<int>(4));
        EXPECT_EQ(*p.get(), 4);

        int x = 0;
        promise<int&> reference;
        auto r = reference.get_future();
        reference.set_value(x);
        static_assert(std::is_same_v<decltype(r.get()), int&>);
        EXPECT_EQ(&r.get(), &x);

        promise<void> nothing;
        auto v = nothing.get_future();
        nothing.set_value();
        static_assert(std::is_void_v<decltype(v.get())>);
        v.get();
        EXPECT_FALSE(v.valid());
    });
}

template <class R, class Set>
void each_store_is_refused_after(R, Set set) {
    promise<int> p;
    auto f = p.get_future();
    set(p);
    EXPECT_EQ(test::future_error_of([&] { p.set_value(1); }), future_errc::promise_already_satisfied);
    EXPECT_EQ(test::future_error_of([&] { p.set_exception(std::make_exception_ptr(1)); }), future_errc::promise_already_satisfied);
    EXPECT_EQ(test::future_error_of([&] { p.set_value_at_thread_exit(1); }), future_errc::promise_already_satisfied);
    EXPECT_EQ(test::future_error_of([&] { p.set_exception_at_thread_exit(std::make_exception_ptr(1)); }),
              future_errc::promise_already_satisfied);
}

TEST_P(promises, the_second_store_is_refused_whatever_the_first_was) {
    run(0, [] {
        each_store_is_refused_after(0, [](auto& p) { p.set_value(7); });
        each_store_is_refused_after(0, [](auto& p) { p.set_exception(std::make_exception_ptr(7)); });
        each_store_is_refused_after(0, [](auto& p) { p.set_value_at_thread_exit(7); });
        each_store_is_refused_after(0, [](auto& p) { p.set_exception_at_thread_exit(std::make_exception_ptr(7)); });
    });
}

TEST_P(promises, a_moved_from_promise_has_no_state) {
    run(0, [] {
        promise<int> from;
        promise<int> p(std::move(from));
        EXPECT_EQ(test::future_error_of([&] { (void)from.get_future(); }), future_errc::no_state); // NOLINT: moved from, on purpose
        EXPECT_EQ(test::future_error_of([&] { from.set_value(1); }), future_errc::no_state);
        EXPECT_EQ(test::future_error_of([&] { from.set_value_at_thread_exit(1); }), future_errc::no_state);
        EXPECT_EQ(test::future_error_of([&] { from.set_exception(std::make_exception_ptr(1)); }), future_errc::no_state);
        EXPECT_EQ(test::future_error_of([&] { from.set_exception_at_thread_exit(std::make_exception_ptr(1)); }),
                  future_errc::no_state);
        auto f = p.get_future();
        EXPECT_EQ(test::future_error_of([&] { (void)p.get_future(); }), future_errc::future_already_retrieved);
        p.set_value(2);
        EXPECT_EQ(f.get(), 2);
        EXPECT_EQ(test::future_error_of([&] { (void)p.get_future(); }), future_errc::future_already_retrieved);
    });
}

TEST_P(promises, a_promise_that_goes_away_unkept_is_broken) {
    run(0, [] {
        weft::future<int> f;
        {
            promise<int> p;
            f = p.get_future();
            EXPECT_EQ(f.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
        }
        EXPECT_EQ(f.wait_for(std::chrono::seconds(0)), std::future_status::ready);
        EXPECT_EQ(test::future_error_of([&] { f.get(); }), future_errc::broken_promise);

        promise<int> assigned;
        f = assigned.get_future();
        assigned = promise<int>();
        EXPECT_EQ(test::future_error_of([&] { f.get(); }), future_errc::broken_promise);
        f = assigned.get_future();
        { promise<int> kept(std::move(assigned)), gone(std::move(kept)); }
        EXPECT_EQ(test::future_error_of([&] { f.get(); }), future_errc::broken_promise);
    });
}

TEST_P(promises, an_exception_arrives_as_what_it_was) {
    run(0, [] {
        promise<int> p;
        auto f = p.get_future();
        p.set_exception(std::make_exception_ptr(std::out_of_range("far out")));
        try {
            f.get();
            ADD_FAILURE();
        } catch (const std::out_of_range& e) {
            EXPECT_STREQ(e.what(), "far out");
        }
        EXPECT_FALSE(f.valid());
    });
}

struct throws_once {
    static inline int left = 1;
    int value = 0;
    explicit throws_once(int v) : value(v) {}
    throws_once(const throws_once& o) : value(o.value) {
        if (left > 0) {
            --left;
            throw std::runtime_error("no copy today");
        }
    }
};

TEST_P(promises, a_copy_that_throws_leaves_the_promise_open) {
    run(0, [] {
        throws_once::left = 1;
        promise<throws_once> p;
        auto f = p.get_future();
        const throws_once value(5);
        EXPECT_THROW(p.set_value(value), std::runtime_error);
        EXPECT_EQ(f.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
        p.set_value(value);
        throws_once::left = 0;
        EXPECT_EQ(f.get().value, 5);
    });
}

TEST_P(promises, allocators_are_used_for_all_memory_and_get_it_back) {
    run(0, [] {
        int out = 0;
        const test::counting_allocator<int> a(out);
        {
            promise<int> p(std::allocator_arg, a);
            EXPECT_EQ(out, 1);
            auto f = p.get_future();
            promise<int> q(std::move(p));
            q.set_value(1);
            promise<int&> r(std::allocator_arg, a);
            promise<void> v(std::allocator_arg, a);
            EXPECT_EQ(out, 3);
            swap(q, p);
            p = promise<int>();
            EXPECT_EQ(out, 3);
            EXPECT_EQ(f.get(), 1);
            EXPECT_EQ(out, 2);
        }
        EXPECT_EQ(out, 0);
    });
}

TEST_P(promises, set_value_at_thread_exit_is_ready_when_the_thread_has_ended_and_not_before) {
    promise<std::string> p;
    auto f = p.get_future();
    std::atomic<bool> stored{false}, leave{false};
    auto setter = start(0, [&] {
        p.set_value_at_thread_exit("at last");
        stored = true;
        test::yield_until([&] { return leave.load(); });
    });
    run(1, [&] {
        test::yield_until([&] { return stored.load(); });
        EXPECT_EQ(f.wait_for(std::chrono::milliseconds(5)), std::future_status::timeout);
        leave = true;
        EXPECT_EQ(f.get(), "at last");
    });
    setter.join();
}

TEST_P(promises, at_thread_exit_the_promise_may_be_gone_already) {
    weft::future<void> f;
    weft::future<int> error;
    run(0, [&] {
        promise<void> p;
        f = p.get_future();
        p.set_value_at_thread_exit();
        promise<int> q;
        error = q.get_future();
        q.set_exception_at_thread_exit(std::make_exception_ptr(5));
    });
    run(1, [&] {
        f.get();
        EXPECT_THROW(error.get(), int);
    });
}

TEST_P(promises, at_a_thread_s_exit_its_callable_is_destroyed_first) {
    promise<void> p;
    auto f = p.get_future();
    std::atomic<bool> destroyed{false};
    struct witness {
        std::atomic<bool>* flag;
        explicit witness(std::atomic<bool>* w) : flag(w) {}
        witness(witness&& o) noexcept : flag(std::exchange(o.flag, nullptr)) {}
        ~witness() {
            if (flag) {
                weft::this_thread::sleep_for(std::chrono::milliseconds(2));
                *flag = true;
            }
        }
    };
    run(0, [&] {
        weft::thread t([&, w = witness(&destroyed)] { p.set_value_at_thread_exit(); });
        f.wait();
        EXPECT_TRUE(destroyed);
        t.join();
    });
}

TEST_P(promises, two_that_store_at_once_have_one_winner) {
    for (int i = 0; i < 100; ++i) {
        promise<std::string> p;
        auto f = p.get_future();
        std::atomic<int> refused{0};
        auto store = [&](const char* what) {
            if (test::future_error_of([&] { p.set_value(what); }) == future_errc::promise_already_satisfied) {
                ++refused;
            }
        };
        auto a = start(0, [&] { store("first"); });
        auto b = start(1, [&] { store("second"); });
        const std::string got = rt.run([&] { return f.get(); });
        EXPECT_TRUE(got == "first" || got == "second") << got;
        a.join();
        b.join();
        EXPECT_EQ(refused, 1);
    }
}

TEST_P(promises, one_that_comes_while_another_stores_waits_for_its_success_or_failure) {
    struct slow_copy {
        std::atomic<bool>*inside, *leave;
        bool* fail;
        slow_copy(std::atomic<bool>* i, std::atomic<bool>* l, bool* f) : inside(i), leave(l), fail(f) {}
        slow_copy(slow_copy&&) = default;
        slow_copy(const slow_copy& o) : inside(o.inside), leave(o.leave), fail(o.fail) {
            *inside = true;
            test::yield_until([&] { return leave->load(); });
            if (std::exchange(*fail, false)) {
                throw 1;
            }
        }
    };
    for (bool fails : {false, true}) {
        std::atomic<bool> inside{false}, leave{false};
        bool fail = fails;
        promise<slow_copy> p;
        auto f = p.get_future();
        const slow_copy original(&inside, &leave, &fail);
        auto a = start(0, [&] {
            try {
                p.set_value(original);
                EXPECT_FALSE(fails);
            } catch (int) {
                EXPECT_TRUE(fails);
            }
        });
        test::wait_until([&] { return inside.load(); });
        auto b = start(1, [&] {
            const auto code = test::future_error_of([&] { p.set_value(slow_copy(&inside, &leave, &fail)); });
            EXPECT_EQ(code, fails ? future_errc() : future_errc::promise_already_satisfied);
        });
        leave = true;
        a.join();
        b.join();
        EXPECT_EQ(f.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    }
}

} // namespace

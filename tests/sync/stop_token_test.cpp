// SPDX-License-Identifier: MIT
// stop_token, stop_source, stop_callback against [thread.stoptoken] of C++20, by tasks, foreign threads and both.
// That a destructor waits for its callback was seen to fail: without await_event in deregister_stop_callback,
// the_destructor_waits_for_a_callback_that_another_is_in reports an early return.
#include "agents.hpp"
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <weft/stop_token.hpp>

namespace {

using weft::nostopstate;
using weft::stop_callback;
using weft::stop_source;
using weft::stop_token;

// [stoptoken], [stopsource], [stopcallback]: constructors, noexcept, explicit, deleted members.
static_assert(std::is_nothrow_default_constructible_v<stop_token> && std::is_nothrow_copy_constructible_v<stop_token> &&
              std::is_nothrow_move_constructible_v<stop_token> && std::is_nothrow_copy_assignable_v<stop_token> &&
              std::is_nothrow_move_assignable_v<stop_token> && std::is_nothrow_swappable_v<stop_token>);
static_assert(std::is_default_constructible_v<stop_source> && std::is_nothrow_copy_constructible_v<stop_source> &&
              std::is_nothrow_move_constructible_v<stop_source> && std::is_nothrow_copy_assignable_v<stop_source> &&
              std::is_nothrow_move_assignable_v<stop_source> && std::is_nothrow_swappable_v<stop_source>);
static_assert(std::is_nothrow_constructible_v<stop_source, weft::nostopstate_t> &&
              !std::is_convertible_v<weft::nostopstate_t, stop_source>);
static_assert(noexcept(std::declval<stop_token&>().stop_requested()) && noexcept(std::declval<stop_token&>().stop_possible()) &&
              noexcept(std::declval<stop_token&>() == std::declval<stop_token&>()));
static_assert(noexcept(std::declval<const stop_source&>().get_token()) && noexcept(std::declval<stop_source&>().request_stop()) &&
              noexcept(std::declval<const stop_source&>().stop_possible()) && noexcept(std::declval<const stop_source&>().stop_requested()));
static_assert(std::is_same_v<decltype(weft::nostopstate), const weft::nostopstate_t> && std::is_trivial_v<weft::nostopstate_t>);

template <class T, class = void>
struct from_braces : std::false_type {};
template <class T>
void takes(T);
template <class T>
struct from_braces<T, std::void_t<decltype(takes<T>({}))>> : std::true_type {};
static_assert(!from_braces<weft::nostopstate_t>::value, "its constructor is explicit");

struct quiet {
    explicit quiet(int) noexcept {}
    void operator()() const {}
};
struct loud {
    explicit loud(int) {}
    void operator()() const {}
};
using quiet_callback = stop_callback<quiet>;
static_assert(std::is_same_v<quiet_callback::callback_type, quiet>);
static_assert(!std::is_copy_constructible_v<quiet_callback> && !std::is_move_constructible_v<quiet_callback> &&
              !std::is_copy_assignable_v<quiet_callback> && !std::is_move_assignable_v<quiet_callback>);
static_assert(std::is_nothrow_constructible_v<quiet_callback, const stop_token&, int> &&
              std::is_nothrow_constructible_v<quiet_callback, stop_token, int>);
static_assert(std::is_constructible_v<stop_callback<loud>, stop_token, int> &&
              !std::is_nothrow_constructible_v<stop_callback<loud>, stop_token, int>);
static_assert(!std::is_constructible_v<quiet_callback, stop_token, const char*> && !std::is_default_constructible_v<quiet_callback>);
static_assert(std::is_nothrow_destructible_v<quiet_callback>);
static_assert(std::is_same_v<decltype(stop_callback(stop_token(), std::declval<void (*)()>())), stop_callback<void (*)()>>);

WEFT_WITH_AGENTS(stop);

TEST_P(stop, a_token_without_a_state_can_never_be_stopped) {
    run(0, [] {
        stop_token t;
        EXPECT_FALSE(t.stop_possible());
        EXPECT_FALSE(t.stop_requested());
        stop_source none(nostopstate);
        EXPECT_FALSE(none.stop_possible());
        EXPECT_FALSE(none.stop_requested());
        EXPECT_FALSE(none.request_stop());
        EXPECT_EQ(none.get_token(), t);
        EXPECT_EQ(none, stop_source(nostopstate));
        bool called = false;
        { stop_callback c(t, [&] { called = true; }); }
        EXPECT_FALSE(called);
    });
}

TEST_P(stop, a_request_succeeds_once_and_all_tokens_see_it) {
    run(0, [] {
        stop_source s;
        stop_source copy = s;
        stop_token t = s.get_token();
        EXPECT_EQ(s, copy);
        EXPECT_EQ(t, copy.get_token());
        EXPECT_NE(s, stop_source());
        EXPECT_TRUE(t.stop_possible());
        EXPECT_FALSE(t.stop_requested());
        EXPECT_TRUE(copy.request_stop());
        EXPECT_FALSE(s.request_stop());
        EXPECT_TRUE(s.stop_requested());
        EXPECT_TRUE(t.stop_requested());
        EXPECT_TRUE(t.stop_possible());
    });
}

TEST_P(stop, without_a_source_no_stop_is_possible_unless_it_was_requested) {
    run(0, [] {
        auto s = std::make_unique<stop_source>();
        auto second = std::make_unique<stop_source>(*s);
        stop_token t = s->get_token();
        s.reset();
        EXPECT_TRUE(t.stop_possible());
        second.reset();
        EXPECT_FALSE(t.stop_possible());
        int called = 0;
        stop_callback never(t, [&] { ++called; });
        EXPECT_EQ(called, 0);

        stop_token requested;
        {
            stop_source brief;
            requested = brief.get_token();
            brief.request_stop();
        }
        EXPECT_TRUE(requested.stop_possible());
        stop_callback at_once(requested, [&] { ++called; });
        EXPECT_EQ(called, 1);
    });
}

TEST_P(stop, copies_moves_and_swaps_carry_the_state) {
    run(0, [] {
        stop_source a, b;
        stop_token ta = a.get_token(), tb = b.get_token();
        swap(ta, tb);
        EXPECT_EQ(ta, b.get_token());
        ta.swap(tb);
        EXPECT_EQ(ta, a.get_token());
        stop_token moved = std::move(ta);
        EXPECT_FALSE(ta.stop_possible()); // NOLINT: moved from, and empty
        EXPECT_EQ(moved, a.get_token());
        const stop_token& same = moved;
        moved = same; // a self assignment keeps it
        EXPECT_EQ(moved, a.get_token());
        moved = std::move(tb);
        EXPECT_EQ(moved, b.get_token());
        swap(a, b);
        EXPECT_EQ(moved, a.get_token());
        stop_source from = std::move(a);
        EXPECT_FALSE(a.stop_possible()); // NOLINT: moved from, and empty
        EXPECT_TRUE(from.request_stop());
        EXPECT_TRUE(moved.stop_requested());
        b = from;
        EXPECT_TRUE(b.stop_requested());
        b = stop_source(nostopstate);
        EXPECT_FALSE(b.stop_possible());
    });
}

TEST_P(stop, callbacks_run_in_the_requester_before_request_stop_returns) {
    run(0, [&] {
        stop_source s;
        std::atomic<int> called{0};
        std::uint64_t caller = 0;
        stop_callback a(s.get_token(), [&] {
            ++called;
            caller = weft::abi::agent_number();
        });
        stop_callback b(s.get_token(), [&] { ++called; });
        { stop_callback gone(s.get_token(), [&] { called += 100; }); }
        std::uint64_t requester = 0;
        run(1, [&] {
            requester = weft::abi::agent_number();
            s.request_stop();
            EXPECT_EQ(called.load(), 2);
        });
        EXPECT_EQ(caller, requester);
        EXPECT_NE(caller, weft::abi::agent_number());
    });
}

TEST_P(stop, a_late_callback_is_called_by_its_own_constructor) {
    run(0, [] {
        stop_source s;
        s.request_stop();
        std::uint64_t caller = 0;
        stop_callback c(s.get_token(), [&] { caller = weft::abi::agent_number(); });
        EXPECT_EQ(caller, weft::abi::agent_number());
    });
}

TEST_P(stop, a_callback_is_called_as_what_it_was_declared) {
    struct kinds {
        int& lvalue;
        int& rvalue;
        void operator()() & { ++lvalue; }
        void operator()() && { ++rvalue; }
    };
    run(0, [] {
        int lvalue = 0, rvalue = 0;
        stop_source s;
        kinds by_reference{lvalue, rvalue};
        stop_callback<kinds> value(s.get_token(), kinds{lvalue, rvalue});
        stop_callback<kinds&> reference(s.get_token(), by_reference);
        stop_callback<std::reference_wrapper<kinds>> wrapped(s.get_token(), std::ref(by_reference));
        s.request_stop();
        EXPECT_EQ(rvalue, 1);
        EXPECT_EQ(lvalue, 2);
    });
}

TEST_P(stop, a_callback_may_destroy_itself_another_one_and_the_source) {
    run(0, [] {
        auto s = std::make_unique<stop_source>();
        stop_token t = s->get_token();
        using callback = stop_callback<std::function<void()>>;
        std::optional<callback> self, other;
        int called = 0;
        // Only one of the two may run: each takes the other away, and itself.
        auto take_all = [&] {
            ++called;
            s.reset();
            self.reset();
            other.reset();
        };
        self.emplace(t, take_all);
        other.emplace(t, take_all);
        EXPECT_TRUE(s->request_stop());
        EXPECT_EQ(called, 1);
        EXPECT_FALSE(self);
        EXPECT_TRUE(t.stop_requested());
    });
}

TEST_P(stop, a_callback_may_register_another_which_is_called_at_once) {
    run(0, [] {
        stop_source s;
        bool inner = false;
        std::optional<stop_callback<std::function<void()>>> later;
        stop_callback outer(s.get_token(), [&] {
            EXPECT_TRUE(s.stop_requested());
            EXPECT_FALSE(s.request_stop());
            later.emplace(s.get_token(), [&] { inner = true; });
            EXPECT_TRUE(inner);
        });
        s.request_stop();
        EXPECT_TRUE(inner);
    });
}

TEST_P(stop, the_destructor_waits_for_a_callback_that_another_is_in) {
    std::atomic<bool> registered{false}, inside{false}, leave{false}, left{false}, waiting{false};
    stop_source s;
    auto owner = start(0, [&] {
        std::optional<stop_callback<std::function<void()>>> c;
        c.emplace(s.get_token(), [&] {
            inside = true;
            test::yield_until([&] { return leave.load(); });
            weft::sleep_for(std::chrono::milliseconds(20));
            left = true;
        });
        registered = true;
        test::yield_until([&] { return inside.load(); });
        waiting = true;
        c.reset();
        EXPECT_TRUE(left.load()) << "the destructor returned while the callback ran";
    });
    auto requester = start(1, [&] {
        test::yield_until([&] { return registered.load(); });
        EXPECT_TRUE(s.request_stop());
    });
    test::wait_until([&] { return waiting.load(); });
    leave = true;
    owner.join();
    requester.join();
}

TEST_P(stop, a_waiting_destructor_leaves_its_worker_to_others) {
    // All workers have a task that waits in a destructor; a further task must still run, else nothing ends.
    const int n = static_cast<int>(rt.workers());
    std::atomic<bool> leave{false};
    std::atomic<int> inside{0};
    std::vector<stop_source> sources(static_cast<std::size_t>(n));
    std::vector<weft::join_handle<void>> all;
    for (int i = 0; i < n; ++i) {
        auto& s = sources[static_cast<std::size_t>(i)];
        all.push_back(rt.spawn([&] {
            const int before = inside;
            {
                stop_callback c(s.get_token(), [&] {
                    ++inside;
                    test::yield_until([&] { return leave.load(); });
                });
                test::yield_until([&] { return inside > before && s.stop_requested(); });
            }
        }));
        all.push_back(rt.spawn([&] { s.request_stop(); }));
    }
    test::wait_until([&] { return inside == n; });
    rt.run([&] { leave = true; });
    for (auto& each : all) {
        each.join();
    }
}

TEST_P(stop, a_callback_may_change_its_kernel_thread_and_still_destroy_itself) {
    run(0, [&] {
        stop_source s;
        std::optional<stop_callback<std::function<void()>>> c;
        bool called = false;
        c.emplace(s.get_token(), [&] {
            for (int i = 0; i < 20; ++i) {
                weft::sleep_for(std::chrono::microseconds(200));
            }
            weft::blocking([&] { c.reset(); });
            called = true;
        });
        s.request_stop();
        EXPECT_TRUE(called);
    });
}

TEST_P(stop, a_request_makes_what_was_written_before_it_visible) {
    int plain = 0;
    stop_source s;
    auto reader = start(0, [&, t = s.get_token()] {
        test::yield_until([&] { return t.stop_requested(); });
        EXPECT_EQ(plain, 7);
    });
    run(1, [&] {
        plain = 7;
        s.request_stop();
    });
    reader.join();
}

TEST_P(stop, nothing_leaks_whoever_goes_last) {
    struct counted {
        int& alive;
        explicit counted(int& n) : alive(n) { ++alive; }
        counted(const counted& o) : alive(o.alive) { ++alive; }
        ~counted() { --alive; }
        void operator()() const {}
    };
    run(0, [] {
        int alive = 0;
        {
            stop_source s;
            auto c = std::make_unique<stop_callback<counted>>(s.get_token(), counted(alive));
            s = stop_source();
            EXPECT_EQ(alive, 1);
        }
        EXPECT_EQ(alive, 0);
    });
}

TEST(stop_death, an_exception_that_leaves_a_callback_terminates) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            stop_source s;
            stop_callback c(s.get_token(), [] { throw std::runtime_error("out of a callback"); });
            s.request_stop();
        },
        "out of a callback");
    EXPECT_DEATH(
        {
            stop_source s;
            s.request_stop();
            stop_callback c(s.get_token(), [] { throw std::runtime_error("out of a late callback"); });
        },
        "out of a late callback");
}

} // namespace

// SPDX-License-Identifier: MIT
// weft::jthread against [thread.jthread.class] of C++20.
#include "agents.hpp"
#include <atomic>
#include <memory>
#include <system_error>
#include <weft/thread.hpp>

namespace {

using weft::jthread;

static_assert(std::is_nothrow_default_constructible_v<jthread> && std::is_nothrow_move_constructible_v<jthread> &&
              std::is_nothrow_move_assignable_v<jthread> && std::is_nothrow_destructible_v<jthread>);
static_assert(!std::is_copy_constructible_v<jthread> && !std::is_copy_assignable_v<jthread>);
static_assert(std::is_constructible_v<jthread, void (*)()> && !std::is_convertible_v<void (*)(), jthread>);
static_assert(std::is_same_v<jthread::native_handle_type, weft::thread::native_handle_type> && std::is_nothrow_swappable_v<jthread>);
static_assert(noexcept(std::declval<jthread&>().get_stop_source()) && noexcept(std::declval<const jthread&>().get_stop_token()) &&
              noexcept(std::declval<jthread&>().request_stop()) && noexcept(std::declval<const jthread&>().get_id()) &&
              noexcept(std::declval<const jthread&>().joinable()) && noexcept(jthread::hardware_concurrency()));
static_assert(std::is_same_v<decltype(std::declval<jthread&>().get_stop_source()), weft::stop_source> &&
              std::is_same_v<decltype(std::declval<jthread&>().get_stop_token()), weft::stop_token>);

WEFT_WITH_AGENTS(jthreads);

TEST_P(jthreads, a_default_one_has_no_thread_and_no_stop_state) {
    run(0, [] {
        jthread j;
        EXPECT_FALSE(j.joinable());
        EXPECT_EQ(j.get_id(), weft::thread::id());
        EXPECT_FALSE(j.get_stop_source().stop_possible());
        EXPECT_FALSE(j.get_stop_token().stop_possible());
        EXPECT_FALSE(j.request_stop());
        EXPECT_THROW(j.join(), std::system_error);
        EXPECT_THROW(j.detach(), std::system_error);
    });
}

TEST_P(jthreads, the_destructor_requests_the_stop_and_joins) {
    run(0, [] {
        bool ended = false;
        {
            jthread j([&](weft::stop_token t) {
                EXPECT_TRUE(t.stop_possible());
                test::yield_until([&] { return t.stop_requested(); });
                ended = true;
            });
        }
        EXPECT_TRUE(ended);
    });
}

TEST_P(jthreads, a_function_gets_the_token_only_when_it_takes_one) {
    run(0, [] {
        int got = 0;
        weft::stop_token seen;
        { jthread j([&](int a) { got = a; }, 3); }
        EXPECT_EQ(got, 3);
        {
            jthread j(
                [&](weft::stop_token t, int a, std::unique_ptr<int> b) {
                    seen = std::move(t);
                    got = a + *b;
                },
                4, std::make_unique<int>(5));
            const auto token = j.get_stop_token();
            EXPECT_EQ(token, j.get_stop_source().get_token());
            j.join();
            EXPECT_EQ(seen, token);
        }
        EXPECT_EQ(got, 9);
        struct both {
            int& which;
            void operator()() const { which = 1; }
            void operator()(weft::stop_token) const { which = 2; }
        };
        { jthread j(both{got}); }
        EXPECT_EQ(got, 2);
        struct object {
            int& which;
            void member(weft::stop_token t) const { which = t.stop_possible() ? 3 : -1; }
        } o{got};
        { jthread j([](weft::stop_token t, const object* p) { p->member(std::move(t)); }, &o); }
        EXPECT_EQ(got, 3);
    });
}

TEST_P(jthreads, the_callable_is_copied_or_moved_exactly_once) {
    struct counts {
        int &copies, &moves;
        counts(int& c, int& m) : copies(c), moves(m) {}
        counts(const counts& o) : copies(o.copies), moves(o.moves) { ++copies; }
        counts(counts&& o) noexcept : copies(o.copies), moves(o.moves) { ++moves; }
        void operator()(weft::stop_token) {}
    };
    run(0, [] {
        int copies = 0, moves = 0;
        counts f(copies, moves);
        jthread(f).join();
        EXPECT_EQ(copies, 1);
        EXPECT_EQ(moves, 0);
        jthread(std::move(f)).join();
        EXPECT_EQ(copies, 1);
        EXPECT_EQ(moves, 1);
    });
}

TEST_P(jthreads, request_stop_is_seen_by_the_thread_and_by_its_callbacks) {
    run(0, [] {
        std::atomic<bool> called{false};
        jthread j([&](weft::stop_token t) {
            weft::stop_callback c(t, [&] { called = true; });
            test::yield_until([&] { return called.load(); });
        });
        EXPECT_TRUE(j.request_stop());
        EXPECT_FALSE(j.request_stop());
        j.join();
        EXPECT_TRUE(called);
        EXPECT_TRUE(j.get_stop_token().stop_requested());
        EXPECT_EQ(j.get_id(), weft::thread::id());
    });
}

TEST_P(jthreads, assignment_stops_and_joins_the_old_thread_first) {
    run(0, [] {
        std::atomic<int> ended{0};
        auto wait = [&](weft::stop_token t) {
            test::yield_until([&] { return t.stop_requested(); });
            ++ended;
        };
        jthread a(wait);
        jthread b(wait);
        const auto id = b.get_id();
        const auto token = b.get_stop_token();
        a = std::move(b);
        EXPECT_EQ(ended, 1);
        EXPECT_EQ(a.get_id(), id);
        EXPECT_EQ(a.get_stop_token(), token);
        EXPECT_FALSE(b.joinable()); // NOLINT: moved from, and empty
        EXPECT_FALSE(b.get_stop_source().stop_possible());
        jthread& same = a;
        a = std::move(same);
        EXPECT_TRUE(a.joinable());
        EXPECT_EQ(ended, 1);
        jthread c(std::move(a));
        jthread d;
        c.swap(d);
        swap(c, d);
        EXPECT_EQ(c.get_id(), id);
    });
}

TEST_P(jthreads, a_detached_one_is_not_asked_to_stop) {
    std::atomic<bool> leave{false}, ended{false}, asked{false};
    run(0, [&] {
        jthread j([&](weft::stop_token t) {
            test::yield_until([&] { return leave.load(); });
            asked = t.stop_requested();
            ended = true;
        });
        j.detach();
        EXPECT_FALSE(j.joinable());
    });
    leave = true;
    test::wait_until([&] { return ended.load(); });
    EXPECT_FALSE(asked);
}

} // namespace

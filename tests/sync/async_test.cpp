// SPDX-License-Identifier: MIT
// weft::async against [futures.async] of C++20.
#include <future>

#include "agents.hpp"
#include "counting_allocator.hpp"
#include <memory>
#include <stdexcept>
#include <string>
#include <weft/future.hpp>

namespace {

using namespace std::chrono_literals;
using weft::async;
using weft::future_status;
using weft::launch;

static_assert(std::is_same_v<decltype(async([] { return 1; })), weft::future<int>>);
static_assert(std::is_same_v<decltype(async([](std::string s) { return s.size(); }, std::string())), weft::future<std::size_t>>,
              "also where an argument brings std::async in");
static_assert(std::is_same_v<decltype(async(launch::deferred, [](std::string) {}, "text")), weft::future<void>>);

WEFT_WITH_AGENTS(asyncs);

TEST_P(asyncs, bring_values_references_and_exceptions_under_each_policy) {
    run(0, [] {
        for (const launch policy : {launch::async, launch::deferred, launch::async | launch::deferred}) {
            EXPECT_EQ(async(policy, [](int a, std::unique_ptr<int> b) { return a + *b; }, 1, std::make_unique<int>(2)).get(), 3);
            int x = 0;
            EXPECT_EQ(&async(policy, [](int& r) -> int& { return r; }, std::ref(x)).get(), &x);
            async(policy, [&] { x = 4; }).get();
            EXPECT_EQ(x, 4);
            EXPECT_THROW(async(policy, []() -> int { throw std::out_of_range("inside"); }).get(), std::out_of_range);
            EXPECT_EQ(async(policy, &std::string::size, std::string("five!")).get(), 5u);
        }
        EXPECT_EQ(async([] { return 7; }).get(), 7);
    });
}

TEST_P(asyncs, an_asynchronous_call_is_a_thread_of_its_own) {
    run(0, [] {
        auto f = async(launch::async, [] { return weft::this_thread::get_id(); });
        EXPECT_NE(f.get(), weft::this_thread::get_id());
        auto plain = async([] { return weft::this_thread::get_id(); });
        EXPECT_NE(plain.wait_for(0s), future_status::deferred);
        EXPECT_NE(plain.get(), weft::this_thread::get_id());
    });
}

TEST_P(asyncs, it_begins_without_being_waited_for_and_the_destructor_waits_for_its_end) {
    run(0, [] {
        std::atomic<bool> begun{false};
        bool ended = false;
        {
            auto f = async(launch::async, [&] {
                begun = true;
                weft::this_thread::sleep_for(3ms);
                ended = true;
            });
            test::yield_until([&] { return begun.load(); });
        }
        EXPECT_TRUE(ended);
        ended = false;
        {
            weft::shared_future<void> second;
            {
                weft::shared_future<void> first = async(launch::async, [&] {
                    weft::this_thread::sleep_for(3ms);
                    ended = true;
                });
                second = first;
            }
        }
        EXPECT_TRUE(ended);
        ended = false;
        auto f = async(launch::async, [&] {
            weft::this_thread::sleep_for(3ms);
            ended = true;
        });
        f = weft::future<void>();
        EXPECT_TRUE(ended);
        // A temporary's end waits too.
        ended = false;
        static_cast<void>(async(launch::async, [&] {
            weft::this_thread::sleep_for(3ms);
            ended = true;
        }));
        EXPECT_TRUE(ended);
    });
}

TEST_P(asyncs, a_deferred_call_runs_once_in_the_first_that_waits_and_only_then) {
    run(0, [] {
        int calls = 0;
        weft::thread::id runner;
        auto f = async(launch::deferred, [&] {
            ++calls;
            runner = weft::this_thread::get_id();
            return 5;
        });
        EXPECT_EQ(f.wait_for(0s), future_status::deferred);
        EXPECT_EQ(f.wait_for(1h), future_status::deferred);
        EXPECT_EQ(f.wait_until(std::chrono::system_clock::now() + 1h), future_status::deferred);
        EXPECT_EQ(calls, 0);
        f.wait();
        EXPECT_EQ(calls, 1);
        EXPECT_EQ(runner, weft::this_thread::get_id());
        EXPECT_EQ(f.wait_for(0s), future_status::ready);
        EXPECT_EQ(f.get(), 5);
        EXPECT_EQ(calls, 1);
        { auto never = async(launch::deferred, [&] { ++calls; }); }
        EXPECT_EQ(calls, 1);
    });
}

TEST_P(asyncs, sharers_of_a_deferred_call_run_it_once_and_all_wait_for_it) {
    std::atomic<int> calls{0};
    weft::shared_future<int> f = async(launch::deferred, [&] {
        ++calls;
        weft::this_thread::sleep_for(2ms);
        return 6;
    });
    std::vector<test::agent> all;
    for (int i = 0; i < 6; ++i) {
        all.push_back(start(i, [f] { EXPECT_EQ(f.get(), 6); }));
    }
    for (auto& each : all) {
        each.join();
    }
    EXPECT_EQ(calls, 1);
}

TEST_P(asyncs, whoever_sees_it_ready_sees_the_end_of_its_thread) {
    run(0, [] {
        struct witness {
            std::atomic<bool>* flag;
            explicit witness(std::atomic<bool>* w) : flag(w) {}
            witness(witness&& o) noexcept : flag(std::exchange(o.flag, nullptr)) {}
            ~witness() {
                if (flag) {
                    weft::this_thread::sleep_for(1ms);
                    *flag = true;
                }
            }
        };
        std::atomic<bool> destroyed{false};
        weft::promise<void> at_exit;
        auto ended = at_exit.get_future();
        auto f = async(launch::async, [&, w = witness(&destroyed)] { at_exit.set_value_at_thread_exit(); });
        f.wait();
        EXPECT_TRUE(destroyed);
        EXPECT_EQ(ended.wait_for(0s), future_status::ready);
    });
}

TEST_P(asyncs, copies_or_moves_callable_and_arguments_exactly_once) {
    struct counts {
        int &copies, &moves;
        counts(int& c, int& m) : copies(c), moves(m) {}
        counts(const counts& o) : copies(o.copies), moves(o.moves) { ++copies; }
        counts(counts&& o) noexcept : copies(o.copies), moves(o.moves) { ++moves; }
        void operator()() {}
        void operator()(counts&&) {}
    };
    run(0, [] {
        for (const launch policy : {launch::async, launch::deferred}) {
            int copies = 0, moves = 0;
            counts f(copies, moves);
            async(policy, f).get();
            EXPECT_EQ(copies, 1);
            EXPECT_EQ(moves, 0);
            async(policy, std::move(f), f).get();
            EXPECT_EQ(copies, 2);
            EXPECT_EQ(moves, 1);
        }
    });
}

TEST_P(asyncs, a_policy_that_is_none_is_an_invalid_argument) {
    run(0, [] {
        try {
            static_cast<void>(async(launch{}, [] {}));
            ADD_FAILURE();
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code(), std::errc::invalid_argument);
        }
    });
}

TEST_P(asyncs, a_copy_that_throws_passes_and_leaves_nothing) {
    struct throws {
        throws() = default;
        throws(const throws&) { throw std::runtime_error("not copied"); }
        void operator()() const {}
    };
    run(0, [] {
        const throws f;
        EXPECT_THROW(static_cast<void>(async(launch::async, f)), std::runtime_error);
        EXPECT_THROW(static_cast<void>(async(launch::deferred, f)), std::runtime_error);
    });
}

int fibonacci(int n) {
    if (n < 2) {
        return n;
    }
    auto left = async(launch::async, fibonacci, n - 1);
    return fibonacci(n - 2) + left.get();
}

TEST_P(asyncs, calls_that_wait_for_calls_need_no_worker_each) {
    run(0, [] { EXPECT_EQ(fibonacci(13), 233); });
}

} // namespace

// SPDX-License-Identifier: MIT
// What a scope promises, with 1, 2 and 8 workers, made by a task and by a foreign thread.
// Seen to fail: a child that counts as done before its callable, or its task_locals, are destroyed; an outer stop that does not come
// through; ends of children that a worker keeps to itself when the next one suspends, or blocks.
#include "support/child.hpp"
#include "sync/sides.hpp"
#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/scope.hpp>
#include <weft/select.hpp>
#include <weft/semaphore.hpp>
#include <weft/task_local.hpp>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

WEFT_ON_BOTH_SIDES(scopes);

TEST_P(scopes, is_left_only_when_its_children_and_their_children_are_done) {
    weft::runtime rt(options());
    as_one(rt, [] {
        std::atomic<int> done{0};
        {
            weft::scope s;
            for (int i = 0; i < 20; ++i) {
                s.spawn([&, i] {
                    weft::sleep_for(std::chrono::microseconds(100 * (i % 4)));
                    s.spawn([&] {
                        weft::yield();
                        ++done;
                    });
                    ++done;
                });
            }
            s.join();
            EXPECT_EQ(done, 40);
            s.join(); // again: nothing to wait for
        }
        EXPECT_EQ(weft::with_scope([&](weft::scope& s) {
                      s.spawn([&] {
                          weft::sleep_for(1ms);
                          done = 7;
                      });
                      return std::make_unique<int>(5);
                  }).operator*(),
                  5);
        EXPECT_EQ(done, 7);
        weft::with_scope([&](weft::scope&) { done = 8; });
        EXPECT_EQ(done, 8);
    });
}

TEST_P(scopes, the_first_exception_requests_a_stop_and_is_rethrown_and_the_others_are_kept) {
    weft::runtime rt(options());
    as_one(rt, [] {
        weft::scope s;
        std::atomic<int> stopped{0};
        for (int i = 0; i < 5; ++i) {
            s.spawn([&](weft::stop_token token) {
                weft::channel<int> never(0);
                stopped += never.receive(token).status() == weft::channel_status::stopped;
                throw std::runtime_error("later");
            });
        }
        s.spawn([] {
            weft::sleep_for(1ms);
            throw std::logic_error("first");
        });
        EXPECT_THROW(s.join(), std::logic_error);
        EXPECT_EQ(stopped, 5);
        EXPECT_TRUE(s.stop_requested());
        EXPECT_EQ(s.others().size(), 5u);
        EXPECT_EQ(s.lost(), 0u);
        for (const auto& other : s.others()) {
            EXPECT_THROW(std::rethrow_exception(other), std::runtime_error);
        }
        s.join(); // rethrown once
    });
}

TEST_P(scopes, an_exception_of_the_block_counts_as_a_child_s) {
    weft::runtime rt(options());
    as_one(rt, [] {
        std::atomic<bool> stopped{false};
        EXPECT_THROW(weft::with_scope([&](weft::scope& s) -> int {
                         s.spawn([&](weft::stop_token token) {
                             EXPECT_EQ(weft::select(weft::on_stop(token), weft::on_timeout(1h)), 0u);
                             stopped = true;
                         });
                         throw std::runtime_error("block");
                     }),
                     std::runtime_error);
        EXPECT_TRUE(stopped);
        EXPECT_THROW(weft::with_scope([&](weft::scope& s) -> std::unique_ptr<int> {
                         s.spawn([] { throw std::logic_error("child"); });
                         s.join(); // throws, and passes through
                         return nullptr;
                     }),
                     std::logic_error);
        stopped = false;
        try {
            weft::scope s; // not joined: the exception passes by
            s.spawn([&](weft::stop_token token) {
                EXPECT_EQ(weft::select(weft::on_stop(token), weft::on_timeout(1h)), 0u);
                stopped = true;
                throw 1;
            });
            throw std::runtime_error("passing by");
        } catch (const std::runtime_error&) {
        }
        EXPECT_TRUE(stopped);
    });
}

TEST_P(scopes, a_stop_comes_through_to_nested_scopes_also_in_children) {
    weft::runtime rt(options());
    as_one(rt, [] {
        std::atomic<int> stopped{0};
        weft::scope outer;
        const auto waits = [&](weft::stop_token token) {
            EXPECT_EQ(weft::select(weft::on_stop(token), weft::on_timeout(1h)), 0u);
            ++stopped;
        };
        outer.spawn([&] {
            weft::scope inner; // in a child
            inner.spawn([&] {
                weft::with_scope([&](weft::scope& innermost) { innermost.spawn(waits); });
            });
            inner.join();
            EXPECT_TRUE(inner.stop_requested());
        });
        weft::scope beside; // in the block
        beside.spawn(waits);
        weft::scope own; // a stop of the inner one stays there
        own.spawn(waits);
        own.request_stop();
        own.join();
        EXPECT_EQ(stopped, 1);
        EXPECT_FALSE(outer.stop_requested());
        outer.request_stop();
        beside.join();
        outer.join();
        EXPECT_EQ(stopped, 3);
        weft::scope after; // in none of those that have been stopped? It is: they are not left yet
        EXPECT_TRUE(after.stop_requested());
    });
    as_one(rt, [] {
        weft::scope fresh;
        EXPECT_FALSE(fresh.stop_requested());
    });
}

TEST_P(scopes, a_stop_token_of_another_s_is_one_more_reason) {
    weft::runtime rt(options());
    as_one(rt, [] {
        weft::stop_source source;
        weft::scope s({.deadline = {}, .stop = source.get_token()});
        s.spawn([](weft::stop_token token) { EXPECT_EQ(weft::select(weft::on_stop(token), weft::on_timeout(1h)), 0u); });
        source.request_stop();
        s.join();
        EXPECT_TRUE(s.stop_requested());
        EXPECT_FALSE(s.timed_out());
    });
}

TEST_P(scopes, a_deadline_requests_a_stop_and_nested_scopes_end_no_later) {
    weft::runtime rt(options());
    as_one(rt, [] {
        const auto soon = steady::now() + 5ms, late = steady::now() + 1h;
        weft::scope s({.deadline = soon, .stop = {}});
        EXPECT_EQ(s.deadline(), soon);
        s.spawn([&] {
            weft::scope inner({.deadline = late, .stop = {}});
            EXPECT_EQ(inner.deadline(), soon);
            inner.spawn([](weft::stop_token token) { EXPECT_EQ(weft::select(weft::on_stop(token), weft::on_timeout(1h)), 0u); });
            inner.join();
            EXPECT_TRUE(inner.timed_out());
        });
        weft::scope plain;
        EXPECT_EQ(plain.deadline(), soon);
        s.join();
        EXPECT_TRUE(s.timed_out());
        EXPECT_GE(steady::now(), soon);
    });
    as_one(rt, [] {
        weft::scope unhurried({.deadline = steady::now() + 1h, .stop = {}});
        {
            weft::scope sooner({.deadline = steady::now() + 1ms, .stop = {}});
            sooner.spawn([](weft::stop_token token) { EXPECT_EQ(weft::select(weft::on_stop(token), weft::on_timeout(1h)), 0u); });
            sooner.join();
            EXPECT_TRUE(sooner.timed_out());
        }
        unhurried.join(); // at once, long before its deadline
        EXPECT_FALSE(unhurried.timed_out());
        EXPECT_FALSE(unhurried.stop_requested());
        weft::scope past({.deadline = steady::now() - 1s, .stop = {}});
        past.spawn([](weft::stop_token token) { EXPECT_EQ(weft::select(weft::on_stop(token), weft::on_timeout(1h)), 0u); });
        past.join();
        EXPECT_TRUE(past.timed_out());
    });
}

struct counted {
    static inline std::atomic<int> alive{0}, copies{0}, moves{0};
    counted() { ++alive; }
    counted(const counted&) { ++alive, ++copies; }
    counted(counted&&) noexcept { ++alive, ++moves; }
    ~counted() {
        weft::yield(); // leaves time for a scope that would not wait for this
        --alive;
    }
};

TEST_P(scopes, what_a_child_holds_is_gone_when_join_returns_and_was_moved_once) {
    weft::runtime rt(options());
    as_one(rt, [] {
        static constinit weft::task_local<counted> local;
        struct small : counted {
            void operator()() { (void)local.get(); }
        };
        struct large : counted {
            char weight[500] = {};
            void operator()(const weft::stop_token&) { (void)local.get(); }
        };
        for (int i = 0; i < 50; ++i) {
            counted::copies = counted::moves = 0;
            weft::scope s;
            s.spawn(small());
            s.spawn(large());
            s.join();
            ASSERT_EQ(counted::alive, 0);
            ASSERT_EQ(counted::moves, 2);
            ASSERT_EQ(counted::copies, 0);
        }
    });
}

TEST_P(scopes, a_copy_that_throws_makes_no_child) {
    struct hostile {
        hostile() = default;
        hostile(const hostile&) { throw std::runtime_error("no copy"); }
        void operator()() const { ADD_FAILURE(); }
    };
    weft::runtime rt(options());
    as_one(rt, [] {
        const hostile h;
        weft::scope s;
        EXPECT_THROW(s.spawn(h), std::runtime_error);
        s.join();
    });
}

TEST_P(scopes, many_children_that_all_fail_lose_no_exception) {
    weft::runtime rt(options());
    as_one(rt, [] {
        constexpr int many = 500;
        weft::scope s;
        for (int i = 0; i < many; ++i) {
            s.spawn([i] { throw i; });
        }
        std::vector<int> caught;
        try {
            s.join();
            ADD_FAILURE();
        } catch (int first) {
            caught.push_back(first);
        }
        for (const auto& other : s.others()) {
            try {
                std::rethrow_exception(other);
            } catch (int n) {
                caught.push_back(n);
            }
        }
        std::sort(caught.begin(), caught.end());
        ASSERT_EQ(caught.size(), static_cast<std::size_t>(many));
        for (int i = 0; i < many; ++i) {
            EXPECT_EQ(caught[static_cast<std::size_t>(i)], i);
        }
    });
}

/// Spins on this worker, without giving it up.
void spin_until(const std::atomic<bool>& flag) {
    while (!flag) {
    }
}

// A worker tells the ends of children in a row at once. What it has not told must not stay behind when it goes to sleep.
TEST(scope_ends, are_told_when_the_next_child_suspends_and_ends_elsewhere) {
    weft::runtime rt({.workers = 2});
    rt.run([] {
        for (int round = 0; round < 200; ++round) {
            weft::binary_semaphore go(0);
            std::atomic<bool> last_begins{false};
            weft::scope s;
            s.spawn([&] { // on the other worker: this one spins
                s.spawn([&] {
                    last_begins = true;
                    go.acquire();
                });
                s.spawn([] {});
            });
            spin_until(last_begins);
            go.release(); // it goes on here, when we wait
            s.join();
        }
    });
}

TEST(scope_ends, are_told_when_the_next_child_blocks_and_its_worker_goes_on_with_other_work) {
    weft::runtime rt({.workers = 2});
    rt.run([] {
        for (int round = 0; round < 50; ++round) {
            std::atomic<bool> last_begins{false}, other_runs{false}, joined{false};
            weft::join_handle<void> other;
            {
                weft::scope s;
                s.spawn([&] {
                    other = weft::spawn([&] {
                        other_runs = true;
                        spin_until(joined);
                    });
                    s.spawn([&] {
                        last_begins = true;
                        weft::blocking([&] { spin_until(other_runs); });
                    });
                    s.spawn([] {});
                });
                spin_until(last_begins);
                s.join();
            }
            joined = true;
            other.join();
        }
    });
}

TEST(scope_ends, of_children_that_others_spawn_are_counted_with_the_maker_s) {
    weft::runtime rt({.workers = 4});
    for (const int children : {0, 1, 63, 64, 65, 1000}) {
        std::atomic<int> done{0};
        const auto work = [&](weft::scope& s) {
            for (int i = 0; i < children; ++i) {
                s.spawn([&] {
                    s.spawn([&] { ++done; });
                    ++done;
                });
            }
            s.join();
            EXPECT_EQ(done, 2 * children);
            s.spawn([&] { ++done; }); // and again
            s.join();
            EXPECT_EQ(done, 2 * children + 1);
            done = 0;
        };
        weft::scope foreign;
        work(foreign);
        rt.run([&] {
            weft::scope own;
            work(own);
            weft::scope left; // without a join
            left.spawn([&] { ++done; });
        });
        EXPECT_EQ(done, 1);
    }
}

TEST(scope_refusal, a_child_that_gets_no_stack_is_an_exception_like_any_other) {
    if (test::sanitized) {
        GTEST_SKIP() << "a sanitizer needs more address space than the limit leaves";
    }
    const auto how = support::run_in_child([] {
        constexpr std::size_t enormous = 512u << 20;
        weft::runtime rt({.workers = 2, .stack_size = enormous});
        rt.run([] {}); // the first stacks are there
        rlimit limit{};
        REQUIRE(getrlimit(RLIMIT_AS, &limit) == 0);
        limit.rlim_cur = static_cast<rlim_t>(support::mapped_bytes()) + (64u << 20);
        REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
        std::atomic<int> alive{0}, stopped{0};
        struct rider {
            std::atomic<int>& n;
            explicit rider(std::atomic<int>& of) : n(of) { ++n; }
            rider(const rider& other) : n(other.n) { ++n; }
            ~rider() { --n; }
        };
        weft::scope s;
        constexpr int many = 40;
        for (int i = 0; i < many; ++i) {
            s.spawn([r = rider(alive), &stopped](const weft::stop_token& token) {
                stopped += weft::select(weft::on_stop(token), weft::on_timeout(1h)) == 0;
            });
        }
        bool refused = false;
        try {
            s.join();
        } catch (const std::system_error& e) {
            refused = true;
            REQUIRE(std::string(e.what()).find("no stack for a task") != std::string::npos);
        }
        REQUIRE(refused);
        REQUIRE(alive == 0);
        REQUIRE(static_cast<std::size_t>(stopped) + s.others().size() + 1 == many);
        return 0;
    });
    EXPECT_TRUE(how.exited_with(0)) << how.code << ' ' << how.signal << ' ' << how.text;
}

TEST(scope_death, an_exception_that_nobody_has_seen_is_a_panic) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            weft::runtime rt({.workers = 2});
            weft::scope s;
            s.spawn([] { throw 1; });
        },
        "a weft::scope was left with an exception that nobody has seen");
}

} // namespace

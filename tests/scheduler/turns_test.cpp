// SPDX-License-Identifier: MIT
// Who gets his turn when, told by counts of tasks and not by time.
// Seen to fail: tasks that overflow from a ready queue put behind the injector's fresh ones; a joiner that runs next without a bound (the chain);
// a joiner of a scope that waits for the task which was picked before the scope was told.
#include "gate.hpp"
#include "support/sanitized.hpp"
#include "with_workers.hpp"
#include <algorithm>
#include <vector>

namespace {

class turns : public test::census {};

TEST_F(turns, tasks_that_go_on_do_not_wait_behind_all_that_have_just_been_spawned) {
    constexpr int sleepers = test::thread_sanitized ? 1000 : 3000, fresh = 30 * sleepers; // more than a worker's own queues hold
    weft::runtime rt({.workers = 1});
    rt.run([&] {
        test::gate g;
        int begun = 0, awake = 0, begun_when_all_were_awake = 0;
        std::vector<weft::join_handle<void>> all;
        for (int i = 0; i < sleepers; ++i) {
            all.push_back(weft::spawn([&] {
                g.wait();
                if (++awake == sleepers) {
                    begun_when_all_were_awake = begun;
                }
            }));
        }
        while (g.waiting() != sleepers) {
            weft::yield();
        }
        for (int i = 0; i < fresh; ++i) {
            all.push_back(weft::spawn([&] { ++begun; }));
        }
        g.open();
        for (auto& h : all) {
            h.join();
        }
        EXPECT_LT(begun_when_all_were_awake, 4 * sleepers); // turn by turn, were it not for the joins in between
    });
}

TEST_F(turns, who_waits_for_a_scope_goes_on_before_what_was_spawned_earlier) {
    weft::runtime rt({.workers = 1});
    rt.run([] {
        for (int round = 0; round < 100; ++round) {
            bool earlier_ran = false;
            auto earlier = weft::spawn([&] { earlier_ran = true; });
            weft::scope s;
            s.spawn([] {});
            s.join();
            EXPECT_FALSE(earlier_ran);
            earlier.join();
        }
    });
}

TEST_F(turns, two_tasks_that_join_for_ever_leave_turns_to_others) {
    weft::runtime rt({.workers = 1});
    rt.run([&] {
        bool started = false, stop = false;
        long joined = 0, most = 0, since = 0;
        auto other = weft::spawn([&] {
            started = true;
            for (int i = 0; i < 1000; ++i) {
                weft::yield();
                most = std::max(most, joined - since);
                since = joined;
            }
            stop = true;
        });
        while (!started) {
            weft::yield();
        }
        while (!stop) {
            weft::spawn([] {}).join();
            ++joined;
        }
        other.join();
        EXPECT_GT(joined, 0);
        EXPECT_LE(most, 20);
    });
}

TEST_F(turns, tasks_that_have_not_started_begin_beside_some_that_wake_each_other_and_one_that_yields) {
    weft::runtime rt({.workers = 1});
    rt.run([&] {
        constexpr int newcomers = 100;
        weft::counting_semaphore<> there(0), back(0);
        bool stop = false;
        int passes = 0, begun = 0, passes_when_all_had_begun = 0;
        std::vector<weft::join_handle<void>> all;
        all.push_back(weft::spawn([&] {
            while (!stop) {
                there.acquire();
                ++passes;
                back.release();
            }
        }));
        all.push_back(weft::spawn([&] {
            while (!stop) {
                back.acquire();
                ++passes;
                there.release();
            }
        }));
        all.push_back(weft::spawn([&] {
            while (!stop) {
                weft::yield();
            }
        }));
        weft::yield();
        weft::yield();
        there.release();
        weft::yield();
        passes = 0;
        for (int i = 0; i < newcomers; ++i) {
            all.push_back(weft::spawn([&] {
                if (++begun == newcomers) {
                    passes_when_all_had_begun = passes;
                }
            }));
        }
        while (begun != newcomers && passes < 1'000'000) {
            weft::sleep_for(std::chrono::microseconds(100));
        }
        stop = true;
        there.release();
        back.release();
        for (auto& each : all) {
            each.join();
        }
        EXPECT_LE(passes_when_all_had_begun, 40 * newcomers); // every second pick beside the slot, which 16 in a row may take
        EXPECT_GT(passes_when_all_had_begun, 0);
    });
}

TEST_F(turns, tasks_that_wake_each_other_by_their_ends_leave_turns_to_others) {
    // A chain: each task joins the one before it, so that each end hands the turn straight on to a joiner.
    weft::runtime rt({.workers = 1});
    rt.run([&] {
        constexpr int links = test::thread_sanitized ? 1'000 : 10'000;
        test::gate g;
        bool stop = false;
        int ended = 0, most = 0, since = 0;
        std::vector<weft::join_handle<void>> chain;
        chain.reserve(links);
        chain.push_back(weft::spawn([&] { g.wait(); }));
        for (int i = 1; i < links; ++i) {
            chain.push_back(weft::spawn([&, i] {
                chain[static_cast<std::size_t>(i) - 1].join();
                ++ended;
            }));
        }
        bool started = false;
        auto other = weft::spawn([&] {
            started = true;
            while (!stop) {
                weft::yield();
                most = std::max(most, ended - since);
                since = ended;
            }
        });
        while (!started || g.waiting() == 0) {
            weft::yield();
        }
        for (int i = 0; i < 2 * links; ++i) { // now all wait
            weft::yield();
        }
        g.open();
        chain.back().join();
        stop = true;
        other.join();
        EXPECT_EQ(ended, links - 1);
        EXPECT_LE(most, 20);
    });
}

} // namespace

// SPDX-License-Identifier: MIT
// What select must do. Each case runs with 1, 2 and 8 workers, and with each side as a task or a foreign thread.
// Seen to fail: choosing the first ready case, leaving the losing cases queued, looking at one channel after the other.
#include "sides.hpp"
#include <array>
#include <atomic>
#include <malloc.h>
#include <memory>
#include <stdexcept>
#include <vector>
#include <weft/select.hpp>

namespace {

using namespace std::chrono_literals;
using test::let_others_run_until;
using weft::channel;
using weft::channel_error;
using weft::channel_status;
using weft::on_deadline;
using weft::on_receive;
using weft::on_send;
using weft::on_stop;
using weft::on_timeout;
using weft::otherwise;
using weft::received;

WEFT_ON_BOTH_SIDES(selects);

TEST_P(selects, chooses_what_is_ready_and_runs_that_handler_alone) {
    weft::runtime rt(options());
    as_one(rt, [] {
        channel<int> a(1), b(1), full(1);
        full.send(1);
        const auto wrong = [] { ADD_FAILURE() << "a handler of a case that was not chosen"; };
        b.send(5);
        int got = 0;
        EXPECT_EQ(weft::select(on_receive(a, [&](received<int>) { wrong(); }), on_receive(b, [&](received<int> v) { got = *v; }),
                               on_send(full, 2, wrong), on_timeout(1h, wrong), otherwise(wrong)),
                  1u);
        EXPECT_EQ(got, 5);
        int sent = 0;
        EXPECT_EQ(weft::select(on_receive(b, [&](received<int>) { wrong(); }), on_send(a, 6, [&] { ++sent; }), on_timeout(1h, wrong)),
                  1u);
        EXPECT_EQ(sent, 1);
        EXPECT_EQ(*a.receive(), 6);
        EXPECT_EQ(weft::select(on_receive(a), on_receive(b), on_send(full, 3), otherwise([&] { ++sent; })), 3u);
        EXPECT_EQ(sent, 2);
        EXPECT_EQ(full.size(), 1u);
        EXPECT_EQ(weft::select(otherwise()), 0u);
    });
}

TEST_P(selects, waits_until_a_partner_comes_whichever_case_it_is) {
    weft::runtime rt(options());
    channel<int> a(0), b(0), c(1);
    c.send(0);
    for (int round = 0; round < 10; ++round) {
        for (std::size_t wanted = 0; wanted < 3; ++wanted) {
            auto partner = other(rt, [&, wanted] {
                let_others_run_until([&] { return test::has_waiting_receiver(a) && test::has_waiting_sender(c); });
                if (wanted == 0) {
                    a.send(10);
                } else if (wanted == 1) {
                    EXPECT_EQ(*b.receive(), 20);
                } else {
                    (void)c.receive();
                }
            });
            as_one(rt, [&] {
                int got = 0;
                EXPECT_EQ(weft::select(on_receive(a, [&](received<int> v) { got = *v; }), on_send(b, 20), on_send(c, 30)), wanted);
                EXPECT_EQ(got, wanted == 0 ? 10 : 0);
            });
            partner.join();
            EXPECT_FALSE(test::has_waiting_receiver(a) || test::has_waiting_sender(b) || test::has_waiting_sender(c));
            EXPECT_EQ(c.size(), 1u);
        }
    }
}

TEST_P(selects, a_time_that_comes_first_is_chosen_and_leaves_no_case_behind) {
    weft::runtime rt(options());
    as_one(rt, [] {
        channel<int> a(0), b(0);
        const auto start = std::chrono::steady_clock::now();
        EXPECT_EQ(weft::select(on_receive(a), on_timeout(1h), on_send(b, 1), on_timeout(3ms)), 3u);
        EXPECT_GE(std::chrono::steady_clock::now() - start, 3ms);
        const auto wall = std::chrono::system_clock::now() + 3ms;
        EXPECT_EQ(weft::select(on_deadline(wall), on_receive(a), on_timeout(1h)), 0u);
        EXPECT_GE(std::chrono::system_clock::now(), wall);
        EXPECT_EQ(weft::select(on_receive(a), on_deadline(std::chrono::steady_clock::now() - 1h)), 1u);
        EXPECT_EQ(weft::select(on_timeout(1h), on_timeout(-1h)), 1u);
        EXPECT_FALSE(test::has_waiting_receiver(a) || test::has_waiting_sender(b));
        channel<int> ready(1);
        ready.send(1);
        EXPECT_EQ(weft::select(on_timeout(-1h), on_receive(ready)), 1u) << "what is ready wins over a time that has come";
    });
}

TEST_P(selects, a_stop_request_is_chosen_and_comes_first_when_it_was_there_before) {
    weft::runtime rt(options());
    channel<int> a(0), ready(1);
    ready.send(1);
    std::stop_source source;
    auto waits = other(rt, [&] {
        int stopped = 0;
        EXPECT_EQ(weft::select(on_receive(a), on_stop(source.get_token(), [&] { ++stopped; }), on_timeout(1h)), 1u);
        EXPECT_EQ(stopped, 1);
    });
    as_one(rt, [&] {
        let_others_run_until([&] { return test::has_waiting_receiver(a); });
        source.request_stop();
    });
    waits.join();
    EXPECT_FALSE(test::has_waiting_receiver(a));
    as_one(rt, [&] {
        EXPECT_EQ(weft::select(on_receive(ready), on_stop(source.get_token()), otherwise()), 1u);
        EXPECT_EQ(weft::select(on_receive(ready), on_stop(std::stop_token())), 0u) << "a token that no stop can come by";
        std::stop_source first, second;
        second.request_stop();
        EXPECT_EQ(weft::select(on_receive(ready), on_stop(first.get_token()), on_stop(second.get_token())), 2u);
    });
}

TEST_P(selects, an_empty_handle_is_never_chosen) {
    weft::runtime rt(options());
    as_one(rt, [] {
        channel<int> none, ready(1);
        for (int i = 0; i < 100; ++i) {
            EXPECT_EQ(weft::select(on_receive(none), on_send(none, 1), on_send(ready, 1)), 2u);
            EXPECT_EQ(weft::select(on_receive(none), on_receive(ready), on_send(none, 1)), 1u);
            EXPECT_EQ(weft::select(on_receive(none), on_send(none, 1), otherwise()), 2u);
        }
        EXPECT_EQ(weft::select(on_receive(none), on_send(none, 1), on_timeout(1ms)), 2u);
    });
}

TEST_P(selects, a_closed_channel_is_ready_for_a_receive_and_an_error_for_a_send) {
    weft::runtime rt(options());
    as_one(rt, [] {
        channel<int> closed(0), open(0);
        closed.close();
        channel_status status = channel_status::done;
        EXPECT_EQ(weft::select(on_receive(open), on_receive(closed, [&](received<int> v) { status = v.status(); })), 1u);
        EXPECT_EQ(status, channel_status::closed);
        EXPECT_THROW(weft::select(on_receive(open), on_send(closed, 1, [] { ADD_FAILURE(); })), channel_error);
        status = channel_status::done;
        EXPECT_EQ(weft::select(on_send(closed, 1, [&](channel_status s) { status = s; }), on_receive(open)), 0u);
        EXPECT_EQ(status, channel_status::closed);
    });
    channel<int> in(0), out(0);
    for (int which = 0; which < 2; ++which) {
        auto closer = other(rt, [&, which] {
            let_others_run_until([&] { return test::has_waiting_receiver(in) && test::has_waiting_sender(out); });
            (which == 0 ? in : out).close();
        });
        as_one(rt, [&, which] {
            if (which == 0) {
                EXPECT_EQ(weft::select(on_receive(in, [](received<int> v) { EXPECT_FALSE(v); }), on_send(out, 1)), 0u);
                in = channel<int>(0);
            } else {
                EXPECT_THROW(weft::select(on_receive(in), on_send(out, 1)), channel_error);
            }
        });
    }
}

TEST_P(selects, one_that_does_not_wait_sees_one_moment) {
    weft::runtime rt(options());
    const int often = rounds(5000);
    for (int i = 0; i < often; ++i) {
        // At every moment a or b holds a value, though it moves from one to the other.
        channel<int> a(1), b(1);
        a.send(1);
        auto looks = other(rt, [&] {
            EXPECT_NE(weft::select(on_receive(a), on_receive(b), otherwise()), 2u) << "default, though one was always ready";
        });
        as_one(rt, [&] {
            b.send(1);
            (void)a.try_receive();
        });
        looks.join();
    }
    for (int i = 0; i < often; ++i) {
        channel<int> a(1), b(0);
        a.send(1);
        auto looks = other(rt, [&] { EXPECT_NE(weft::select(on_receive(a), on_receive(b), otherwise()), 2u); });
        as_one(rt, [&] {
            b.close();
            (void)a.try_receive();
        });
        looks.join();
    }
    for (int i = 0; i < often; ++i) {
        // A channel of one place is always ready for one of both.
        channel<int> c(1);
        auto looks = other(rt, [&] {
            for (int k = 0; k < 20; ++k) {
                EXPECT_NE(weft::select(on_receive(c), on_send(c, k), otherwise()), 2u);
            }
        });
        as_one(rt, [&] {
            for (int k = 0; k < 20; ++k) {
                (void)c.try_receive();
                (void)c.try_send(int(k));
            }
        });
        looks.join();
    }
}

TEST_P(selects, one_value_goes_to_one_of_the_selects_that_compete) {
    weft::runtime rt(options());
    constexpr int values = 1000;
    channel<int> a(0), b(0), quit(0);
    std::array<std::atomic<int>, values> got{};
    {
        std::vector<test::agent> competing;
        for (int i = 0; i < 6; ++i) {
            competing.push_back(other(rt, [&] {
                for (bool more = true; more;) {
                    const auto count = [&](received<int> v) { ++got[static_cast<std::size_t>(*v)]; };
                    weft::select(on_receive(a, count), on_receive(b, count), on_receive(quit, [&](received<int>) { more = false; }));
                }
            }));
        }
        as_one(rt, [&] {
            for (int i = 0; i < values; ++i) {
                (i % 3 ? a : b).send(i);
            }
            quit.close();
        });
    }
    for (auto& n : got) {
        EXPECT_EQ(n, 1);
    }
    EXPECT_FALSE(test::has_waiting_receiver(a) || test::has_waiting_receiver(b));
}

TEST_P(selects, a_send_that_is_not_chosen_moves_nothing) {
    weft::runtime rt(options());
    channel<std::unique_ptr<int>> full(0), go(0);
    auto partner = other(rt, [&] {
        let_others_run_until([&] { return test::has_waiting_sender(full); });
        go.send(std::make_unique<int>(2));
    });
    as_one(rt, [&] {
        auto mine = std::make_unique<int>(1);
        EXPECT_EQ(weft::select(on_send(full, std::move(mine)), on_receive(go)), 1u);
        ASSERT_NE(mine, nullptr);
        EXPECT_EQ(weft::select(on_send(full, std::move(mine)), on_timeout(1ms)), 1u);
        EXPECT_EQ(weft::select(on_send(full, std::move(mine)), otherwise()), 1u);
        ASSERT_NE(mine, nullptr);
        EXPECT_EQ(*mine, 1);
    });
}

TEST_P(selects, sending_and_receiving_on_one_channel_does_not_meet_itself) {
    weft::runtime rt(options());
    channel<int> c(0);
    as_one(rt, [&] {
        EXPECT_EQ(weft::select(on_send(c, 1), on_receive(c), on_timeout(2ms)), 2u);
        EXPECT_EQ(weft::select(on_send(c, 1), on_receive(c), otherwise()), 2u);
    });
    EXPECT_FALSE(test::has_waiting_receiver(c) || test::has_waiting_sender(c));
    // Two of a kind meet each other: what one sends the other receives.
    constexpr int rounds = 300;
    std::atomic<int> sent{0}, got{0};
    const auto both = [&](int me) {
        for (int i = 0; i < rounds; ++i) {
            weft::select(on_send(c, int(me), [&] { ++sent; }), on_receive(c, [&, me](received<int> v) {
                             EXPECT_NE(*v, me);
                             ++got;
                         }));
        }
    };
    auto partner = other(rt, [&] { both(2); });
    as_one(rt, [&] { both(1); });
    partner.join();
    EXPECT_EQ(sent, rounds);
    EXPECT_EQ(got, rounds);
}

TEST_P(selects, the_same_channel_twice_leaves_its_queue_sound) {
    weft::runtime rt(options());
    channel<int> c(0);
    for (int i = 0; i < 50; ++i) {
        auto partner = other(rt, [&] {
            let_others_run_until([&] { return test::waiting_receivers(c) == 2; });
            c.send(i);
        });
        as_one(rt, [&] {
            int got = 0;
            const auto count = [&](received<int> v) { got += *v == i; };
            EXPECT_LT(weft::select(on_receive(c, count), on_receive(c, count)), 2u);
            EXPECT_EQ(got, 1);
            EXPECT_EQ(weft::select(on_send(c, 1), on_send(c, 2), on_timeout(0ms)), 2u);
        });
        partner.join();
        EXPECT_FALSE(test::has_waiting_receiver(c) || test::has_waiting_sender(c));
    }
    auto closer = other(rt, [&] {
        let_others_run_until([&] { return test::waiting_receivers(c) == 2; });
        c.close();
    });
    as_one(rt, [&] { EXPECT_LT(weft::select(on_receive(c), on_receive(c)), 2u); });
}

TEST_P(selects, a_handler_s_exception_passes_and_nothing_is_left_queued) {
    weft::runtime rt(options());
    as_one(rt, [] {
        channel<int> a(1), b(0);
        a.send(1);
        EXPECT_THROW(weft::select(on_receive(b), on_receive(a, [](received<int>) { throw std::runtime_error("handler"); })),
                     std::runtime_error);
        EXPECT_FALSE(test::has_waiting_receiver(b));
        EXPECT_EQ(a.size(), 0u) << "the value was received before the handler threw";
    });
}

WEFT_WITH_WORKERS(select_fairness);

TEST_P(select_fairness, each_of_the_ready_cases_is_as_likely) {
    weft::runtime rt(options());
    constexpr int trials = 10'000;
    const auto near = [](int n, double share) {
        EXPECT_NEAR(double(n) / trials, share, 0.025);
    };
    const auto run = [&] {
        channel<int> never(0), a(1), b(1);
        a.send(0);
        b.send(0);
        int first = 0;
        for (int i = 0; i < trials; ++i) {
            first += weft::select(on_receive(a), on_receive(b)) == 0;
            (void)a.try_send(0);
            (void)b.try_send(0);
        }
        near(first, 0.5);
        first = 0; // two neighbours among cases that are not ready: a start at random and then in turn would prefer one
        for (int i = 0; i < trials; ++i) {
            first += weft::select(on_receive(never), on_receive(a), on_receive(b), on_send(never, 1)) == 1;
            (void)a.try_send(0);
            (void)b.try_send(0);
        }
        near(first, 0.5);
        (void)a.try_receive();
        (void)b.try_receive();
        std::array<int, 2> sends{};
        for (int i = 0; i < trials; ++i) {
            ++sends[weft::select(on_send(a, 1), on_send(b, 1))];
            (void)a.try_receive();
            (void)b.try_receive();
        }
        near(sends[0], 0.5);
        EXPECT_GT(sends[0], trials / 10);
        EXPECT_GT(sends[1], trials / 10);
    };
    rt.run(run);
    run(); // and from this thread
}

TEST_P(select_fairness, three_ready_cases_share_as_well) {
    weft::runtime rt(options());
    rt.run([] {
        constexpr int trials = 30'000;
        channel<int> closed(0);
        closed.close();
        std::array<int, 3> chosen{};
        for (int i = 0; i < trials; ++i) {
            ++chosen[weft::select(on_receive(closed), on_receive(closed), on_receive(closed))];
        }
        for (int n : chosen) {
            EXPECT_NEAR(double(n) / trials, 1.0 / 3, 0.025);
        }
    });
}

TEST_P(select_fairness, two_senders_that_always_wait_both_get_through) {
    weft::runtime rt(options());
    rt.run([] {
        constexpr int trials = 10'000;
        channel<int> a(0), b(0), quit(0);
        const auto feed = [&](channel<int>& c) {
            return weft::spawn([&] {
                while (weft::select(on_send(c, 1), on_receive(quit)) == 0) {
                }
            });
        };
        auto one = feed(a), two = feed(b);
        int first = 0;
        for (int i = 0; i < trials; ++i) {
            first += weft::select(on_receive(a), on_receive(b)) == 0;
        }
        quit.close();
        one.join();
        two.join();
        EXPECT_GT(first, trials / 10);
        EXPECT_LT(first, trials - trials / 10);
    });
}

TEST_P(select_fairness, a_hundred_thousand_selects_hold_no_memory) {
    weft::runtime rt(options());
    rt.run([] {
        channel<int> never(0), pulse(0);
        const auto rounds = [&](int n) {
            auto beats = weft::spawn([&, n] {
                for (int i = 0; i < n; ++i) {
                    pulse.send(i);
                }
            });
            for (int i = 0; i < n; ++i) {
                weft::select(on_receive(never), on_receive(pulse), on_send(never, 1), on_timeout(1h));
            }
            beats.join();
        };
        rounds(1000);
        const auto before = mallinfo2().uordblks;
        rounds(100'000);
        const auto after = mallinfo2().uordblks;
        EXPECT_LT(after, before + 64 * 1024);
        EXPECT_EQ(test::waiting_receivers(never) + test::waiting_senders(never), 0u);
    });
}

} // namespace

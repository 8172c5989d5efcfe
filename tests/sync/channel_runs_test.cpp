// SPDX-License-Identifier: MIT
// Producers and consumers: 271,828 items (a tenth under ThreadSanitizer), each received once, at every capacity from 0 to 199; and every pairing of ways to send and
// ways to receive.
// Seen to fail: a value handed to a waiting receiver and put into the ring as well.
#include "sides.hpp"
#include <atomic>
#include <cstdint>
#include <vector>
#include <weft/select.hpp>

namespace {

using namespace std::chrono_literals;
using weft::channel;
using weft::channel_status;

constexpr std::uint64_t items = test::thread_sanitized ? 27'182 : 271'828;
constexpr std::uint64_t right_sum = items * (items - 1) / 2;

/// Producers and consumers of one run, each a task or, now and then, a foreign thread.
void run(weft::runtime& rt, std::size_t capacity, unsigned producers, unsigned consumers, unsigned foreign) {
    channel<std::uint64_t> c(capacity);
    std::vector<std::atomic<std::uint8_t>> seen(items);
    std::atomic<std::uint64_t> sum{0}, next{0}, open{producers};
    {
        std::vector<test::agent> agents;
        const auto where = [&](unsigned i) { return i < foreign ? test::place::foreign : test::place::task; };
        for (unsigned i = 0; i < producers; ++i) {
            agents.emplace_back(rt, where(i), [&] {
                for (std::uint64_t n = next++; n < items; n = next++) {
                    c.send(n);
                }
                if (--open == 0) {
                    c.close();
                }
            });
        }
        for (unsigned i = 0; i < consumers; ++i) {
            agents.emplace_back(rt, where(i), [&] {
                std::uint64_t mine = 0;
                for (std::uint64_t n : c) {
                    mine += n;
                    ++seen[n];
                }
                sum += mine;
            });
        }
    }
    ASSERT_EQ(sum, right_sum) << "capacity " << capacity;
    for (auto& s : seen) {
        ASSERT_EQ(s, 1) << "capacity " << capacity;
    }
    ASSERT_EQ(c.size() + test::waiting_receivers(c) + test::waiting_senders(c), 0u);
}

class channel_runs : public test::census {};

TEST_F(channel_runs, four_producers_and_four_consumers_at_every_capacity) {
    weft::runtime rt({.workers = 2});
    const std::size_t step = test::sanitized ? 40 : 1;
    for (std::size_t capacity = 0; capacity < 200; capacity += capacity < 4 ? 1 : step) {
        run(rt, capacity, 4, 4, 0);
    }
}

TEST_F(channel_runs, twenty_three_workers_at_some_capacities) {
    weft::runtime rt({.workers = 23});
    for (std::size_t capacity : {0u, 1u, 2u, 3u, 17u, 64u, 199u}) {
        run(rt, capacity, 23, 23, 0);
    }
}

TEST_F(channel_runs, one_worker_and_uneven_sides) {
    weft::runtime rt({.workers = 1});
    for (std::size_t capacity : {0u, 1u, 5u, 199u}) {
        run(rt, capacity, 1, 7, 0);
        run(rt, capacity, 7, 1, 0);
    }
}

TEST_F(channel_runs, with_foreign_threads_among_the_tasks) {
    weft::runtime rt({.workers = 2});
    for (std::size_t capacity : {1u, 16u, 199u}) {
        run(rt, capacity, 3, 3, 1);
    }
}

// ---- every pairing

enum class form { plain, select_of_one, select_of_two };
enum class waits { blocking, polling, timed };

struct way {
    form how;
    waits when;
};

channel_status send_by(way w, channel<int>& c, channel<int>& idle, int value) {
    const auto polls = w.when == waits::polling;
    for (;;) {
        channel_status status = channel_status::would_block;
        const auto settle = [&](channel_status s) { status = s; };
        if (w.how == form::plain) {
            if (w.when == waits::blocking) {
                c.send(value);
                return channel_status::done;
            }
            status = polls ? c.try_send(int(value)) : c.send_for(int(value), 100us);
        } else if (w.how == form::select_of_one) {
            if (polls) {
                weft::select(weft::on_send(c, value, settle), weft::otherwise());
            } else if (w.when == waits::timed) {
                weft::select(weft::on_send(c, value, settle), weft::on_timeout(100us));
            } else {
                weft::select(weft::on_send(c, value, settle));
            }
        } else if (polls) {
            weft::select(weft::on_receive(idle), weft::on_send(c, value, settle), weft::otherwise());
        } else if (w.when == waits::timed) {
            weft::select(weft::on_receive(idle), weft::on_send(c, value, settle), weft::on_timeout(100us));
        } else {
            weft::select(weft::on_receive(idle), weft::on_send(c, value, settle));
        }
        if (status == channel_status::done || status == channel_status::closed) {
            return status;
        }
        weft::yield();
    }
}

weft::received<int> receive_by(way w, channel<int>& c, channel<int>& idle) {
    const auto polls = w.when == waits::polling;
    weft::received<int> got;
    const auto settle = [&](weft::received<int> v) { got = std::move(v); };
    for (;;) {
        if (w.how == form::plain) {
            got = w.when == waits::blocking ? c.receive() : polls ? c.try_receive() : c.receive_for(100us);
        } else if (w.how == form::select_of_one) {
            if (polls) {
                weft::select(weft::on_receive(c, settle), weft::otherwise());
            } else if (w.when == waits::timed) {
                weft::select(weft::on_receive(c, settle), weft::on_timeout(100us));
            } else {
                weft::select(weft::on_receive(c, settle));
            }
        } else if (polls) {
            weft::select(weft::on_receive(c, settle), weft::on_send(idle, 1), weft::otherwise());
        } else if (w.when == waits::timed) {
            weft::select(weft::on_receive(c, settle), weft::on_send(idle, 1), weft::on_timeout(100us));
        } else {
            weft::select(weft::on_receive(c, settle), weft::on_send(idle, 1));
        }
        if (got || got.status() == channel_status::closed) {
            return got;
        }
        weft::yield();
    }
}

WEFT_ON_BOTH_SIDES(channel_pairings);

TEST_P(channel_pairings, every_way_to_send_meets_every_way_to_receive) {
    weft::runtime rt(options());
    constexpr form forms[] = {form::plain, form::select_of_one, form::select_of_two};
    constexpr waits kinds[] = {waits::blocking, waits::polling, waits::timed};
    const bool tasks = GetParam().one == test::place::task && GetParam().other == test::place::task;
    const int rounds = tasks ? 100 : 20;
    for (int pairing = 0; pairing < 81; ++pairing) {
        const way to{forms[pairing / 27], kinds[pairing / 9 % 3]}, from{forms[pairing / 3 % 3], kinds[pairing % 3]};
        for (std::size_t capacity : {0u, 1u, 10u}) {
            if (capacity == 0 && to.when == waits::polling && from.when == waits::polling) {
                continue; // neither ever waits for the other: without a buffer they need not meet
            }
            channel<int> c(capacity), idle_to(0), idle_from(0);
            auto sender = other(rt, [&] {
                for (int i = 0; i < rounds; ++i) {
                    EXPECT_EQ(send_by(to, c, idle_to, i), channel_status::done);
                }
                c.close();
            });
            as_one(rt, [&] {
                for (int i = 0; i < rounds; ++i) {
                    auto v = receive_by(from, c, idle_from);
                    ASSERT_TRUE(v);
                    ASSERT_EQ(*v, i) << "pairing " << pairing << ", capacity " << capacity;
                }
                EXPECT_EQ(receive_by(from, c, idle_from).status(), channel_status::closed);
            });
            sender.join();
            EXPECT_FALSE(test::has_waiting_receiver(idle_to) || test::has_waiting_sender(idle_from));
        }
    }
}

} // namespace

// SPDX-License-Identifier: MIT
// Values whose move throws: each of the places where a channel moves one, and then all at random. A move that throws here leaves its source
// whole, so nothing may be lost or doubled, and nobody may be left waiting.
// Seen to fail: a claimed partner that is told "done" although the move threw, and one that is not told anything.
#include "sides.hpp"
#include <atomic>
#include <random>
#include <stdexcept>
#include <vector>
#include <weft/select.hpp>

namespace {

using namespace std::chrono_literals;
using test::let_others_run_until;
using weft::channel;
using weft::channel_status;

struct thrown : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws when it is moved from while its fuse is burnt down.
struct touchy {
    static constexpr int sound = -1;
    int value = 0;
    int fuse = sound; // moves until one throws, once
    touchy() noexcept { ++alive; }
    explicit touchy(int v, int moves = sound) noexcept : value(v), fuse(moves) { ++alive; }
    touchy(touchy&& other) : value(other.value), fuse(other.fuse) {
        if (other.fuse == 0) {
            other.fuse = sound;
            throw thrown("a move");
        }
        if (fuse > 0) {
            --fuse;
        }
        other.value = -1;
        ++alive;
    }
    ~touchy() { --alive; }
    static inline std::atomic<int> alive{0};
};

WEFT_ON_BOTH_SIDES(throwing_moves);

TEST_P(throwing_moves, the_sender_s_into_the_ring_stays_with_the_sender) {
    weft::runtime rt(options());
    channel<touchy> c(1);
    as_one(rt, [&] {
        touchy mine(5, 0);
        EXPECT_THROW(c.send(std::move(mine)), thrown);
        EXPECT_EQ(mine.value, 5);
        EXPECT_EQ(c.size(), 0u);
        mine.fuse = 0;
        EXPECT_THROW((void)c.try_send(std::move(mine)), thrown);
        c.send(std::move(mine));
    });
    EXPECT_EQ(c.receive()->value, 5);
}

TEST_P(throwing_moves, the_sender_s_to_a_waiting_receiver_leaves_it_waiting) {
    weft::runtime rt(options());
    channel<touchy> c(0), beside(0);
    auto receiver = other(rt, [&] { EXPECT_EQ(c.receive()->value, 6); });
    auto selector = other(rt, [&] { weft::select(weft::on_receive(beside, [](auto v) { EXPECT_EQ(v->value, 7); })); });
    as_one(rt, [&] {
        let_others_run_until([&] { return test::has_waiting_receiver(c) && test::has_waiting_receiver(beside); });
        EXPECT_THROW(c.send(touchy(5, 0)), thrown);
        EXPECT_THROW(beside.send(touchy(5, 0)), thrown);
        c.send(touchy(6));
        beside.send(touchy(7));
    });
}

TEST_P(throwing_moves, the_receiver_s_out_of_the_ring_leaves_the_value_there) {
    weft::runtime rt(options());
    channel<touchy> c(2);
    as_one(rt, [&] {
        c.send(touchy(1, 1));
        c.send(touchy(2));
        EXPECT_THROW((void)c.receive(), thrown);
        EXPECT_EQ(c.size(), 2u);
        EXPECT_EQ(c.receive()->value, 1);
        EXPECT_EQ(c.receive()->value, 2);
    });
}

TEST_P(throwing_moves, the_receiver_s_out_of_a_waiting_sender_leaves_the_sender_waiting) {
    weft::runtime rt(options());
    channel<touchy> c(0);
    auto sender = other(rt, [&] {
        touchy mine(3, 0);
        c.send(std::move(mine));
    });
    as_one(rt, [&] {
        let_others_run_until([&] { return test::has_waiting_sender(c); });
        EXPECT_THROW((void)c.receive(), thrown);
        EXPECT_EQ(c.receive()->value, 3);
    });
}

TEST_P(throwing_moves, a_waiting_sender_s_into_a_freed_place_is_the_sender_s_and_the_next_one_gets_the_place) {
    weft::runtime rt(options());
    channel<touchy> c(1);
    c.send(touchy(1));
    std::atomic<int> failed{0};
    auto first = other(rt, [&] {
        touchy mine(2, 0);
        try {
            c.send(std::move(mine)); // its one failure happens in the receiver's hands: it begins again, and succeeds
        } catch (const thrown&) {
            ++failed;
        }
    });
    test::wait_until([&] { return test::waiting_senders(c) == 1; });
    auto second = other(rt, [&] { c.send(touchy(3)); });
    test::wait_until([&] { return test::waiting_senders(c) == 2; });
    as_one(rt, [&] {
        EXPECT_EQ(c.receive()->value, 1);
        EXPECT_EQ(c.receive()->value, 3) << "the second sender must not wait beside a free place";
        EXPECT_EQ(c.receive()->value, 2);
    });
    first.join();
    EXPECT_EQ(failed, 0);
}

TEST_P(throwing_moves, at_random_lose_and_double_nothing) {
    constexpr unsigned seed = 271828; // channel_stress takes others
    weft::runtime rt(options());
    const int count = GetParam().one == test::place::task && GetParam().other == test::place::task ? 3000 : 300;
    for (std::size_t capacity : {0u, 1u, 4u}) {
        channel<touchy> c(capacity);
        std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
        std::atomic<int> next{0}, open{3};
        {
            std::vector<test::agent> agents;
            for (unsigned i = 0; i < 3; ++i) {
                agents.push_back(other(rt, [&, i] {
                    std::minstd_rand random(seed + i);
                    for (int n = next++; n < count; n = next++) {
                        touchy mine(n, random() % 3 ? touchy::sound : static_cast<int>(random() % 2));
                        while (mine.value == n) {
                            try {
                                random() % 2 ? c.send(std::move(mine))
                                             : void(weft::select(weft::on_send(c, std::move(mine)), weft::on_timeout(1ms)));
                            } catch (const thrown&) {
                            }
                        }
                    }
                    if (--open == 0) {
                        c.close();
                    }
                }));
                agents.push_back(one(rt, [&, i] {
                    std::minstd_rand random(seed + 100 + i);
                    for (bool more = true; more;) {
                        try {
                            if (random() % 2) {
                                auto v = c.receive();
                                more = bool(v);
                                if (v) {
                                    ++seen[static_cast<std::size_t>(v->value)];
                                }
                            } else {
                                weft::select(weft::on_receive(c, [&](weft::received<touchy>&& v) {
                                    more = bool(v);
                                    if (v) {
                                        ++seen[static_cast<std::size_t>(v->value)];
                                    }
                                }));
                            }
                        } catch (const thrown&) {
                        }
                    }
                }));
            }
        }
        for (auto& n : seen) {
            ASSERT_EQ(n, 1);
        }
    }
    EXPECT_EQ(touchy::alive, 0);
}

} // namespace

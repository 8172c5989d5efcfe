// SPDX-License-Identifier: MIT
// What a channel must do, by plain operations. Each case runs with 1, 2 and 8 workers, and with each side as a task or a foreign thread.
// Seen to fail: closing without waking receivers or senders, a ring that hands out its youngest, a freed place that no waiting sender gets.
#include "support/sanitized.hpp"
#include "sides.hpp"
#include "support/child.hpp"
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::let_others_run_until;
using weft::channel;
using weft::channel_error;
using weft::channel_status;

WEFT_ON_BOTH_SIDES(channels);

TEST_P(channels, an_unbuffered_send_completes_when_it_is_received) {
    weft::runtime rt(options());
    channel<int> c(0);
    std::atomic<bool> sent{false};
    auto sender = other(rt, [&] {
        c.send(7);
        sent = true;
    });
    as_one(rt, [&] {
        let_others_run_until([&] { return test::has_waiting_sender(c); });
        EXPECT_FALSE(sent);
        EXPECT_EQ(c.size(), 0u);
        auto v = c.receive();
        ASSERT_TRUE(v);
        EXPECT_EQ(*v, 7);
    });
    sender.join();
    EXPECT_TRUE(sent);
}

TEST_P(channels, a_receiver_that_came_first_gets_the_value) {
    weft::runtime rt(options());
    for (std::size_t capacity : {0u, 3u}) {
        channel<std::string> c(capacity);
        auto receiver = other(rt, [&] { EXPECT_EQ(c.receive().value(), "for you"); });
        as_one(rt, [&] {
            let_others_run_until([&] { return test::has_waiting_receiver(c); });
            c.send("for you");
        });
        receiver.join();
        EXPECT_EQ(c.size(), 0u);
    }
}

TEST_P(channels, a_send_on_a_full_buffer_waits_and_values_come_in_their_order) {
    weft::runtime rt(options());
    channel<int> c(3);
    auto sender = other(rt, [&] {
        for (int i = 0; i < 5; ++i) {
            c.send(i);
        }
    });
    as_one(rt, [&] {
        let_others_run_until([&] { return test::has_waiting_sender(c); });
        EXPECT_EQ(c.size(), 3u);
        EXPECT_EQ(c.capacity(), 3u);
        EXPECT_EQ(c.try_send(99), channel_status::would_block);
        EXPECT_EQ(c.receive().value(), 0);
        EXPECT_EQ(c.size(), 3u) << "the waiting sender's value takes the freed place";
        for (int i = 1; i < 5; ++i) {
            EXPECT_EQ(c.receive().value(), i);
        }
        EXPECT_EQ(c.try_receive().status(), channel_status::would_block);
    });
}

TEST_P(channels, waiting_receivers_and_senders_are_served_in_the_order_of_their_coming) {
    weft::runtime rt(options());
    channel<int> c(0);
    constexpr std::size_t many = 5;
    std::vector<int> got(many);
    {
        std::vector<test::agent> receivers;
        for (std::size_t i = 0; i < many; ++i) {
            receivers.push_back(other(rt, [&, i] { got[i] = *c.receive(); }));
            test::wait_until([&] { return test::waiting_receivers(c) == i + 1; });
        }
        as_one(rt, [&] {
            for (int i = 0; i < static_cast<int>(many); ++i) {
                c.send(i);
            }
        });
    }
    std::vector<int> wanted(many);
    std::iota(wanted.begin(), wanted.end(), 0);
    EXPECT_EQ(got, wanted);

    std::vector<test::agent> senders;
    for (std::size_t i = 0; i < many; ++i) {
        senders.push_back(other(rt, [&, i] { c.send(static_cast<int>(i)); }));
        test::wait_until([&] { return test::waiting_senders(c) == i + 1; });
    }
    as_one(rt, [&] {
        for (int i = 0; i < static_cast<int>(many); ++i) {
            EXPECT_EQ(*c.receive(), i);
        }
    });
}

TEST_P(channels, a_capacity_that_no_memory_holds_is_refused) {
    EXPECT_THROW(channel<std::uint64_t>(SIZE_MAX), channel_error);
    EXPECT_THROW(channel<std::uint64_t>(static_cast<std::size_t>(-1)), channel_error);
    EXPECT_THROW(channel<std::uint64_t>(SIZE_MAX / 8), channel_error);
    EXPECT_THROW(channel<char>(SIZE_MAX / 2 + 1), channel_error);
    if (!test::sanitized) { // a sanitizer's allocator ends the program instead
        EXPECT_THROW(channel<char>(SIZE_MAX / 4), std::bad_alloc);
    }
}

TEST_P(channels, a_closed_channel_gives_what_is_buffered_and_then_says_closed_at_once) {
    weft::runtime rt(options());
    channel<int> c(4);
    as_one(rt, [&] {
        for (int i = 0; i < 4; ++i) {
            c.send(i);
        }
        EXPECT_FALSE(c.closed());
        c.close();
        EXPECT_TRUE(c.closed());
    });
    other(rt, [&] {
        EXPECT_EQ(c.receive().value(), 0);
        EXPECT_EQ(c.try_receive().value(), 1);
        EXPECT_EQ(c.receive_for(1h).value(), 2);
        EXPECT_EQ(c.receive_until(std::chrono::system_clock::now() + 1h).value(), 3);
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(c.receive().status(), channel_status::closed);
            EXPECT_EQ(c.try_receive().status(), channel_status::closed);
            EXPECT_EQ(c.receive_for(1h).status(), channel_status::closed);
            EXPECT_EQ(c.receive_until(std::chrono::steady_clock::now() + 1h).status(), channel_status::closed);
        }
        EXPECT_THROW((void)c.receive().value(), channel_error);
    }).join();
}

TEST_P(channels, a_range_for_ends_when_the_channel_is_closed_and_drained) {
    weft::runtime rt(options());
    for (std::size_t capacity : {0u, 1u, 10u}) {
        channel<int> c(capacity);
        auto sender = other(rt, [c] {
            for (int i = 1; i <= 100; ++i) {
                c.send(i);
            }
            c.close();
        });
        as_one(rt, [&] {
            int sum = 0, last = 0;
            for (int& v : c) {
                EXPECT_EQ(v, last + 1);
                last = v;
                sum += v;
            }
            EXPECT_EQ(sum, 5050);
        });
    }
}

TEST_P(channels, close_wakes_every_waiting_receiver_and_every_waiting_sender) {
    weft::runtime rt(options());
    constexpr std::size_t many = 10;
    for (std::size_t capacity : {0u, 2u}) {
        channel<int> in(capacity), out(capacity);
        for (std::size_t i = 0; i < capacity; ++i) {
            out.send(1);
        }
        std::atomic<std::size_t> closed{0}, errors{0};
        std::vector<test::agent> waiting;
        for (std::size_t i = 0; i < many; ++i) {
            waiting.push_back(other(rt, [&] { closed += in.receive().status() == channel_status::closed; }));
            waiting.push_back(other(rt, [&] {
                try {
                    out.send(2);
                } catch (const channel_error&) {
                    ++errors;
                }
            }));
        }
        as_one(rt, [&] {
            let_others_run_until([&] { return test::waiting_receivers(in) == many && test::waiting_senders(out) == many; });
            in.close();
            out.close();
        });
        waiting.clear();
        EXPECT_EQ(closed, many);
        EXPECT_EQ(errors, many);
        EXPECT_EQ(out.size(), capacity) << "what a failed send carried must not be in the buffer";
    }
}

TEST_P(channels, misuse_throws_and_the_other_forms_say_closed) {
    weft::runtime rt(options());
    for (std::size_t capacity : {0u, 2u}) {
        as_one(rt, [capacity] {
            channel<int> c(capacity);
            c.close();
            EXPECT_THROW(c.send(1), channel_error);
            int x = 1;
            EXPECT_THROW(c.send(x), channel_error);
            EXPECT_EQ(c.try_send(1), channel_status::closed);
            EXPECT_EQ(c.send_for(1, 1h), channel_status::closed);
            EXPECT_EQ(c.send_until(1, std::chrono::steady_clock::now() + 1h), channel_status::closed);
            std::stop_source source;
            EXPECT_EQ(c.send(1, source.get_token()), channel_status::closed);
            EXPECT_THROW(c.close(), channel_error);
            EXPECT_FALSE(c.try_close());
            EXPECT_THROW(channel<int>().close(), channel_error);
            EXPECT_FALSE(channel<int>().try_close());
        });
    }
}

TEST_P(channels, an_empty_handle_waits_until_its_limit_or_a_stop_and_tries_in_vain) {
    weft::runtime rt(options());
    as_one(rt, [] {
        channel<int> none;
        EXPECT_FALSE(none);
        EXPECT_EQ(none.size() + none.capacity(), 0u);
        EXPECT_FALSE(none.closed());
        EXPECT_EQ(none.try_send(1), channel_status::would_block);
        EXPECT_EQ(none.try_receive().status(), channel_status::would_block);
        EXPECT_EQ(none.send_for(1, 1ms), channel_status::timed_out);
        EXPECT_EQ(none.receive_for(1ms).status(), channel_status::timed_out);
    });
    std::stop_source source;
    std::atomic<int> stopped{0};
    auto a = other(rt, [&] { stopped += channel<int>().send(1, source.get_token()) == channel_status::stopped; });
    auto b = other(rt, [&] { stopped += channel<int>().receive(source.get_token()).status() == channel_status::stopped; });
    as_one(rt, [&] {
        weft::sleep_for(2ms);
        EXPECT_EQ(stopped, 0);
        source.request_stop();
    });
    a.join();
    b.join();
    EXPECT_EQ(stopped, 2);
}

TEST(empty_channel, a_plain_send_or_receive_waits_for_ever_and_a_dump_names_who_does) {
    if (test::sanitized) {
        GTEST_SKIP() << "a forked child of a program with threads may find the sanitizer's allocator locked, and here the watchdog is one";
    }
    // In a child: what waits for ever cannot be waited for.
    const auto how = support::run_in_child([] {
        weft::runtime rt({.workers = 2});
        static std::atomic<int> went_on{0};
        rt.spawn({.name = "hopeful"}, [] { channel<int>().send(1), ++went_on; }).detach();
        rt.spawn([] { (void)channel<int>().receive(), ++went_on; }).detach();
        std::thread([] { channel<int>().send(1), ++went_on; }).detach();
        std::thread([] { (void)channel<int>().receive(), ++went_on; }).detach();
        for (;;) { // until the dump names all four; the child's alarm bounds it
            int ends[2];
            REQUIRE(pipe(ends) == 0);
            rt.dump(ends[1]);
            close(ends[1]);
            char text[4096] = {};
            REQUIRE(read(ends[0], text, sizeof text - 1) > 0);
            close(ends[0]);
            int named = 0;
            for (const char* at = text; (at = std::strstr(at, "waits for ever")) != nullptr; ++at) {
                ++named;
            }
            if (named == 4) {
                REQUIRE(write(1, text, std::strlen(text)) > 0);
                std::this_thread::sleep_for(20ms); // time to go on, for one that would
                _exit(went_on);
            }
            std::this_thread::sleep_for(1ms);
        }
        return 1;
    });
    EXPECT_TRUE(how.exited_with(0)) << how.code << ' ' << how.signal << ' ' << how.text;
    EXPECT_TRUE(how.says("'hopeful' (suspended) waits for ever: a send on an empty channel handle")) << how.text;
    EXPECT_TRUE(how.says("(suspended) waits for ever: a receive on an empty channel handle")) << how.text;
    EXPECT_TRUE(how.says("a kernel thread that runs no task waits for ever: a send on an empty channel handle")) << how.text;
}

TEST_P(channels, a_value_that_was_sent_before_a_concurrent_close_stays_receivable) {
    weft::runtime rt(options());
    const int often = rounds(2000);
    for (int i = 0; i < often; ++i) {
        channel<int> c(1);
        std::atomic<bool> sent{false};
        auto sender = other(rt, [&] { sent = c.try_send(5) == channel_status::done; });
        auto closer = other(rt, [&] { c.close(); });
        int received = 0;
        as_one(rt, [&] {
            for (int v : c) {
                received += v;
            }
        });
        sender.join();
        EXPECT_EQ(received, sent ? 5 : 0);
    }
}

struct jumping_clock { // a wall clock that is put back once, while somebody waits for it
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<jumping_clock>;
    [[maybe_unused]] static constexpr bool is_steady = false;
    static std::atomic<int>& asked() {
        static std::atomic<int> n{0};
        return n;
    }
    static time_point now() {
        const auto steady = std::chrono::steady_clock::now().time_since_epoch();
        return time_point(++asked() > 1 ? steady - 5ms : steady);
    }
};

TEST_P(channels, a_limit_is_kept_on_any_clock_and_what_is_ready_wins_over_a_time_that_has_come) {
    weft::runtime rt(options());
    as_one(rt, [] {
        channel<int> c(0);
        const auto start = std::chrono::steady_clock::now();
        EXPECT_EQ(c.receive_for(3ms).status(), channel_status::timed_out);
        EXPECT_EQ(c.send_for(1, 3ms), channel_status::timed_out);
        EXPECT_GE(std::chrono::steady_clock::now() - start, 6ms);
        const auto wall = std::chrono::system_clock::now() + 3ms;
        EXPECT_EQ(c.receive_until(wall).status(), channel_status::timed_out);
        EXPECT_GE(std::chrono::system_clock::now(), wall);
        jumping_clock::asked() = 0;
        const auto jumping = jumping_clock::now() + 3ms;
        EXPECT_EQ(c.receive_until(jumping).status(), channel_status::timed_out);
        EXPECT_GE(jumping_clock::now(), jumping);
        EXPECT_FALSE(test::has_waiting_receiver(c) || test::has_waiting_sender(c)) << "who gave up must leave the queue";

        EXPECT_EQ(c.receive_for(-1h).status(), channel_status::timed_out);
        EXPECT_EQ(c.receive_until(std::chrono::steady_clock::now() - 1h).status(), channel_status::timed_out);
        EXPECT_EQ(c.send_until(1, std::chrono::system_clock::now() - 1h), channel_status::timed_out);
        channel<int> ready(1);
        EXPECT_EQ(ready.send_for(1, 0s), channel_status::done);
        EXPECT_EQ(ready.receive_for(-1h).value(), 1);
        EXPECT_EQ(ready.send_until(2, std::chrono::steady_clock::now() - 1h), channel_status::done);
        EXPECT_EQ(ready.receive_until(std::chrono::system_clock::now() - 1h).value(), 2);
    });
}

TEST_P(channels, a_timed_wait_ends_early_when_its_partner_comes) {
    weft::runtime rt(options());
    channel<int> c(0);
    for (int i = 0; i < 20; ++i) {
        auto partner = other(rt, [&] { c.send(i); });
        as_one(rt, [&] { EXPECT_EQ(c.receive_for(1h).value(), i); });
        partner.join();
        auto second = other(rt, [&] { EXPECT_EQ(c.receive_for(1h).value(), i); });
        as_one(rt, [&] { EXPECT_EQ(c.send_for(int(i), 1h), channel_status::done); });
    }
}

TEST_P(channels, a_stop_request_wakes_who_waits_and_comes_first_when_it_was_there_before) {
    weft::runtime rt(options());
    channel<int> c(0), full(1);
    full.send(1);
    std::stop_source source;
    auto receiver = other(rt, [&] { EXPECT_EQ(c.receive(source.get_token()).status(), channel_status::stopped); });
    auto sender = other(rt, [&] { EXPECT_EQ(full.send(2, source.get_token()), channel_status::stopped); });
    as_one(rt, [&] {
        let_others_run_until([&] { return test::has_waiting_receiver(c) && test::has_waiting_sender(full); });
        source.request_stop();
    });
    receiver.join();
    sender.join();
    EXPECT_FALSE(test::has_waiting_receiver(c) || test::has_waiting_sender(full));
    EXPECT_EQ(full.receive(source.get_token()).status(), channel_status::stopped) << "a stop that was requested before wins";
    EXPECT_EQ(full.receive().value(), 1);
    EXPECT_EQ(full.send(3, std::stop_token()), channel_status::done) << "a token that no stop can come by";
}

template <class End>
concept can_send = requires(End e) { e.send(1); };
template <class End>
concept can_receive = requires(End e) { e.receive(); };
template <class End>
concept can_close = requires(End e) { e.close(); };
static_assert(can_send<channel<int>> && can_receive<channel<int>> && can_close<channel<int>>);
static_assert(can_send<weft::sender<int>> && !can_receive<weft::sender<int>> && can_close<weft::sender<int>>);
static_assert(!can_send<weft::receiver<int>> && can_receive<weft::receiver<int>> && !can_close<weft::receiver<int>>);
static_assert(!std::is_convertible_v<weft::sender<int>, channel<int>>);
static_assert(!std::is_convertible_v<weft::sender<int>, weft::receiver<int>>);

TEST_P(channels, a_directional_view_is_the_same_channel) {
    weft::runtime rt(options());
    channel<int> c(0);
    const weft::sender<int> in = c;
    const weft::receiver<int> out = c;
    EXPECT_EQ(in, c);
    EXPECT_EQ(out, c);
    EXPECT_FALSE(channel<int>(0) == c);
    EXPECT_EQ(channel<int>(), weft::receiver<int>());
    auto sends = other(rt, [in] {
        for (int i = 0; i < 10; ++i) {
            in.send(i);
        }
        in.close();
    });
    as_one(rt, [out] {
        int n = 0;
        for (int v : out) {
            EXPECT_EQ(v, n++);
        }
        EXPECT_EQ(n, 10);
    });
}

TEST_P(channels, a_move_only_value_travels_and_stays_with_the_sender_when_it_is_not_sent) {
    weft::runtime rt(options());
    channel<std::unique_ptr<int>> c(1);
    as_one(rt, [c] {
        c.send(std::make_unique<int>(1));
        auto kept = std::make_unique<int>(2);
        EXPECT_EQ(c.try_send(std::move(kept)), channel_status::would_block);
        ASSERT_NE(kept, nullptr);
        EXPECT_EQ(c.send_for(std::move(kept), 1ms), channel_status::timed_out);
        ASSERT_NE(kept, nullptr);
        EXPECT_EQ(*c.receive().value(), 1);
        EXPECT_EQ(c.try_send(std::move(kept)), channel_status::done);
        EXPECT_EQ(kept, nullptr);
        c.close();
        kept = std::make_unique<int>(3);
        EXPECT_EQ(c.send_for(std::move(kept), 1h), channel_status::closed);
        EXPECT_THROW(c.send(std::move(kept)), channel_error);
        ASSERT_NE(kept, nullptr);
    });
    other(rt, [c] { EXPECT_EQ(**c.receive(), 2); }).join();
}

struct counted {
    static inline std::atomic<int> alive{0};
    counted() noexcept { ++alive; }
    counted(counted&&) noexcept { ++alive; }
    counted(const counted&) noexcept { ++alive; }
    ~counted() { --alive; }
};

TEST_P(channels, every_value_is_destroyed_also_those_that_nobody_received) {
    weft::runtime rt(options());
    {
        channel<counted> c(8);
        as_one(rt, [&] {
            for (int i = 0; i < 13; ++i) { // goes round the ring
                c.send(counted());
                if (i >= 6) {
                    (void)c.receive();
                }
            }
        });
        EXPECT_EQ(counted::alive, 6);
        const channel<counted> copy = c;
        c = {};
        EXPECT_EQ(copy.size(), 6u);
        EXPECT_EQ(counted::alive, 6);
    }
    EXPECT_EQ(counted::alive, 0);
}

TEST_P(channels, carries_values_of_any_size_and_alignment) {
    struct alignas(128) wide {
        char bytes[300];
    };
    weft::runtime rt(options());
    channel<wide> c(3);
    auto sender = other(rt, [c] {
        for (int i = 0; i < 10; ++i) {
            wide w{};
            w.bytes[299] = static_cast<char>(i);
            c.send(w);
        }
        c.close();
    });
    as_one(rt, [&] {
        int n = 0;
        for (wide& w : c) {
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&w) % 128, 0u);
            EXPECT_EQ(w.bytes[299], n++);
        }
        EXPECT_EQ(n, 10);
    });
}

} // namespace

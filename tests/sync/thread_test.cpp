// SPDX-License-Identifier: MIT
// weft::thread against [thread.thread.class] of C++20, started and joined by tasks, foreign threads and both.
#include "agents.hpp"
#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <weft/thread.hpp>

namespace {

using weft::thread;

// [thread.thread.constr]: what can be made from what.
static_assert(std::is_nothrow_default_constructible_v<thread> && std::is_nothrow_move_constructible_v<thread> &&
              std::is_nothrow_move_assignable_v<thread> && std::is_nothrow_destructible_v<thread>);
static_assert(!std::is_copy_constructible_v<thread> && !std::is_copy_assignable_v<thread> &&
              !std::is_constructible_v<thread, thread&> && !std::is_constructible_v<thread, const thread>);
static_assert(!std::is_convertible_v<void (*)(), thread>, "the constructor is explicit");
static_assert(std::is_constructible_v<thread, void (*)()> && std::is_constructible_v<thread, void (*)(int), int>);
static_assert(std::is_nothrow_swappable_v<thread>);
static_assert(noexcept(std::declval<const thread&>().joinable()) && noexcept(std::declval<const thread&>().get_id()) &&
              noexcept(thread::hardware_concurrency()) && std::is_same_v<decltype(thread::hardware_concurrency()), unsigned>);
static_assert(std::is_same_v<decltype(std::declval<thread&>().native_handle()), thread::native_handle_type> &&
              sizeof(thread) == sizeof(thread::native_handle_type));

WEFT_WITH_AGENTS(threads);

void plain_function(int x, int& out) {
    out = x;
}

TEST_P(threads, runs_functions_members_objects_and_lambdas_with_their_arguments) {
    run(0, [] {
        int out = 0;
        thread(plain_function, 5, std::ref(out)).join();
        EXPECT_EQ(out, 5);

        struct object {
            int sum = 0;
            void add(int a, int b) { sum += a + b; }
        } o;
        thread(&object::add, &o, 1, 2).join();
        thread(&object::add, std::ref(o), 3, 4).join();
        EXPECT_EQ(o.sum, 10);

        thread([&](std::unique_ptr<int> p) { out = *p; }, std::make_unique<int>(6)).join();
        EXPECT_EQ(out, 6);

        std::string heard;
        char text[] = "an array decays";
        thread([&](const char* t) { heard = t; }, text).join();
        EXPECT_EQ(heard, text);

        std::array<char, 3000> large{};
        large[2999] = 'e';
        thread([&](const std::array<char, 3000>& l) { out = l[2999]; }, large).join();
        EXPECT_EQ(out, 'e');

        struct alignas(128) aligned {
            int value = 9;
        };
        thread([&](aligned&& a) { out = reinterpret_cast<std::uintptr_t>(&a) % 128 == 0 ? a.value : -1; }, aligned()).join();
        EXPECT_EQ(out, 9);

        thread([]() -> int { return 3; }).join(); // a value is dropped
    });
}

struct counted {
    static inline std::atomic<int> alive{0}, copies{0}, moves{0};
    static void reset() { copies = moves = 0; }
    counted() { ++alive; }
    counted(const counted&) { ++alive, ++copies; }
    counted(counted&&) noexcept { ++alive, ++moves; }
    ~counted() { --alive; }
};
template <std::size_t Size>
struct callable : counted {
    char weight[Size] = {};
    void operator()() {}
    void operator()(const counted&, counted&&) {}
};

template <std::size_t Size>
void count_copies() {
    callable<Size> f;
    counted argument;
    counted::reset();
    thread(f).join();
    EXPECT_EQ(counted::copies, 1);
    EXPECT_EQ(counted::moves, 0);
    counted::reset();
    thread(std::move(f)).join();
    EXPECT_EQ(counted::copies, 0);
    EXPECT_EQ(counted::moves, 1);
    counted::reset();
    thread(std::move(f), argument, std::move(argument)).join();
    EXPECT_EQ(counted::copies, 1);
    EXPECT_EQ(counted::moves, 2);
}

TEST_P(threads, copies_or_moves_the_callable_and_each_argument_exactly_once) {
    run(0, [] {
        count_copies<1>();
        count_copies<500>();
    });
    EXPECT_EQ(counted::alive.load(), 0);
}

TEST_P(threads, makes_the_copies_in_the_creator_and_destroys_them_before_join_returns) {
    struct witness {
        thread::id made = weft::this_thread::get_id();
        thread::id* ended = nullptr;
        explicit witness(thread::id* e) : ended(e) {}
        witness(const witness& o) : ended(o.ended) {}
        ~witness() { *ended = weft::this_thread::get_id(); }
    };
    run(0, [] {
        thread::id creator = weft::this_thread::get_id(), made, ended, ended_original, runner;
        {
            const witness original(&ended_original);
            thread t(
                [&](const witness& copy) {
                    made = copy.made;
                    runner = weft::this_thread::get_id();
                    const_cast<witness&>(copy).ended = &ended;
                },
                original);
            t.join();
            EXPECT_EQ(made, creator);
            EXPECT_EQ(ended, runner);
            EXPECT_NE(ended, thread::id());
        }
    });
}

TEST_P(threads, a_copy_that_throws_leaves_no_thread_behind) {
    struct throws {
        throws() = default;
        throws(const throws&) { throw std::runtime_error("not copied"); }
        void operator()() const {}
    };
    run(0, [] {
        throws f;
        EXPECT_THROW(thread t(f), std::runtime_error);
        EXPECT_THROW(thread t([](const throws&) {}, f), std::runtime_error);
    });
}

TEST_P(threads, joining_synchronises_with_the_end_and_clears_the_id) {
    run(0, [] {
        int plain = 0;
        thread t([&] {
            weft::this_thread::sleep_for(std::chrono::milliseconds(2));
            plain = 1;
        });
        EXPECT_TRUE(t.joinable());
        EXPECT_NE(t.get_id(), thread::id());
        t.join();
        EXPECT_EQ(plain, 1);
        EXPECT_FALSE(t.joinable());
        EXPECT_EQ(t.get_id(), thread::id());
        EXPECT_EQ(t.native_handle(), nullptr);
    });
}

template <class F>
std::error_code error_of(F f) {
    try {
        f();
    } catch (const std::system_error& e) {
        EXPECT_NE(std::string(e.what()).find("weft::thread::"), std::string::npos) << e.what();
        return e.code();
    }
    return {};
}

TEST_P(threads, joining_or_detaching_nothing_is_invalid_argument) {
    run(0, [] {
        thread none;
        EXPECT_FALSE(none.joinable());
        EXPECT_EQ(error_of([&] { none.join(); }), std::errc::invalid_argument);
        EXPECT_EQ(error_of([&] { none.detach(); }), std::errc::invalid_argument);
        thread done([] {});
        done.join();
        EXPECT_EQ(error_of([&] { done.join(); }), std::errc::invalid_argument);
    });
}

TEST_P(threads, a_thread_that_joins_itself_is_told_of_the_deadlock) {
    run(0, [] {
        std::atomic<bool> made{false}, answered{false};
        std::error_code told;
        thread self;
        self = thread([&] {
            test::yield_until([&] { return made.load(); });
            told = error_of([&] { self.join(); });
            EXPECT_TRUE(self.joinable());
            answered = true;
        });
        made = true;
        test::yield_until([&] { return answered.load(); });
        self.join();
        EXPECT_EQ(told, std::errc::resource_deadlock_would_occur);
    });
}

TEST_P(threads, a_detached_thread_runs_on_to_its_end) {
    std::atomic<int> ended{0};
    run(0, [&] {
        for (int i = 0; i < 50; ++i) {
            thread t([&] {
                weft::this_thread::yield();
                ++ended;
            });
            t.detach();
            EXPECT_FALSE(t.joinable());
            EXPECT_EQ(t.get_id(), thread::id());
        }
    });
    test::wait_until([&] { return ended == 50; });
}

TEST_P(threads, moves_and_swaps_hand_the_thread_on) {
    run(0, [] {
        std::atomic<bool> leave{false};
        auto wait = [&] { test::yield_until([&] { return leave.load(); }); };
        thread a(wait), b(wait);
        const auto ida = a.get_id(), idb = b.get_id();
        EXPECT_NE(ida, idb);
        a.swap(b);
        EXPECT_EQ(a.get_id(), idb);
        swap(a, b);
        EXPECT_EQ(a.get_id(), ida);
        thread c(std::move(a));
        EXPECT_FALSE(a.joinable()); // NOLINT: moved from, and empty
        EXPECT_EQ(c.get_id(), ida);
        a = std::move(c);
        EXPECT_EQ(a.get_id(), ida);
        leave = true;
        a.join();
        b.join();
    });
}

TEST_P(threads, start_threads_of_their_own) {
    run(0, [] {
        std::atomic<int> leaves{0};
        struct tree {
            std::atomic<int>& leaves;
            void operator()(int depth) const {
                if (depth == 0) {
                    ++leaves;
                    return;
                }
                thread left(*this, depth - 1), right(*this, depth - 1);
                left.join();
                right.join();
            }
        };
        thread(tree{leaves}, 7).join();
        EXPECT_EQ(leaves, 128);
    });
}

TEST_P(threads, a_thread_may_be_joined_by_another_than_its_creator) {
    thread t;
    std::atomic<bool> leave{false};
    run(0, [&] { t = thread([&] { test::yield_until([&] { return leave.load(); }); }); });
    auto joiner = start(1, [&] { t.join(); });
    leave = true;
    joiner.join();
    EXPECT_FALSE(t.joinable());
}

TEST_P(threads, a_creator_in_a_blocking_section_starts_them_too) {
    run(0, [] {
        weft::blocking([] {
            int out = 0;
            thread([&] { out = 1; }).join();
            EXPECT_EQ(out, 1);
        });
    });
}

TEST_P(threads, ten_thousand_at_once_each_run_once) {
    run(0, [] {
        std::atomic<int> ran{0};
        std::vector<thread> all;
        for (int i = 0; i < 10'000; ++i) {
            all.emplace_back([&] { ++ran; });
        }
        for (auto& t : all) {
            t.join();
        }
        EXPECT_EQ(ran, 10'000);
    });
}

TEST_P(threads, hardware_concurrency_is_the_number_of_usable_cpus) {
    EXPECT_EQ(thread::hardware_concurrency(), weft::usable_cpus());
    EXPECT_GE(thread::hardware_concurrency(), 1u);
}

} // namespace

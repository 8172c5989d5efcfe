// SPDX-License-Identifier: MIT
#include "with_workers.hpp"
#include "gate.hpp"
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;

// A million handles are eight megabytes.
static_assert(sizeof(weft::join_handle<void>) == sizeof(void*) && sizeof(weft::join_handle<std::string>) == sizeof(void*));

WEFT_WITH_WORKERS(join_handle);

TEST_P(join_handle, brings_back_void_values_references_and_move_only_values) {
    weft::runtime rt(options());
    rt.run([] {
        bool ran = false;
        auto nothing = weft::spawn([&] { ran = true; });
        static_assert(std::is_same_v<decltype(nothing), weft::join_handle<void>>);
        nothing.join();
        EXPECT_TRUE(ran);

        EXPECT_EQ(weft::spawn([] { return std::string(500, 'v'); }).join(), std::string(500, 'v'));

        int x = 3;
        auto reference = weft::spawn([&]() -> int& { return x; });
        static_assert(std::is_same_v<decltype(reference.join()), int&>);
        reference.join() = 4;
        EXPECT_EQ(x, 4);

        auto unique = weft::spawn([] { return std::make_unique<int>(9); });
        EXPECT_EQ(*unique.join(), 9);

        EXPECT_EQ(weft::spawn([]() -> const std::string { return "const"; }).join(), "const");
    });
}

TEST_P(join_handle, carries_values_too_large_or_too_aligned_for_the_descriptor) {
    struct large {
        char bytes[5000];
    };
    struct alignas(256) aligned {
        int value;
    };
    weft::runtime rt(options());
    rt.run([] {
        EXPECT_EQ(weft::spawn([] {
                      large l{};
                      l.bytes[4999] = 'e';
                      return l;
                  }).join().bytes[4999],
                  'e');
        aligned captured{5};
        auto h = weft::spawn([captured] {
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&captured) % 256, 0u);
            return captured;
        });
        EXPECT_EQ(h.join().value, 5);
    });
}

TEST_P(join_handle, rethrows_the_task_s_exception_and_only_once) {
    weft::runtime rt(options());
    rt.run([] {
        auto h = weft::spawn([]() -> int { throw std::runtime_error("from the task"); });
        try {
            h.join();
            ADD_FAILURE() << "nothing was thrown";
        } catch (const std::runtime_error& e) {
            EXPECT_STREQ(e.what(), "from the task");
        }
        EXPECT_FALSE(h.joinable());
        EXPECT_THROW(h.join(), std::system_error);
        EXPECT_THROW(weft::spawn([]() -> std::string& { throw 5; }).join(), int);
        EXPECT_THROW(weft::spawn([] { throw 5; }).join(), int);
    });
}

TEST_P(join_handle, try_join_is_empty_until_the_task_is_done) {
    weft::runtime rt(options());
    rt.run([] {
        test::gate g;
        int x = 0;
        auto value = weft::spawn([&] {
            g.wait();
            return 8;
        });
        auto nothing = weft::spawn([&] { g.wait(); });
        auto reference = weft::spawn([&]() -> int& {
            g.wait();
            return x;
        });
        EXPECT_FALSE(value.done());
        EXPECT_EQ(value.try_join(), std::nullopt);
        EXPECT_FALSE(nothing.try_join());
        EXPECT_EQ(reference.try_join(), nullptr);
        EXPECT_TRUE(value.joinable());
        g.open();
        while (!value.done() || !nothing.done() || !reference.done()) {
            weft::yield();
        }
        EXPECT_EQ(value.try_join(), std::optional<int>(8));
        EXPECT_TRUE(nothing.try_join());
        EXPECT_EQ(reference.try_join(), &x);
        EXPECT_FALSE(value.joinable());
        EXPECT_THROW((void)value.try_join(), std::system_error);

        auto failing = weft::spawn([]() -> int { throw std::out_of_range("x"); });
        while (!failing.done()) {
            weft::yield();
        }
        EXPECT_THROW((void)failing.try_join(), std::out_of_range);
    });
}

TEST_P(join_handle, misuse_is_a_system_error_with_a_sentence) {
    weft::runtime rt(options());
    weft::join_handle<int> empty;
    EXPECT_FALSE(empty.joinable());
    EXPECT_EQ(empty.id(), 0u);
    EXPECT_FALSE(empty.done());
    try {
        empty.join();
        FAIL();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), std::errc::invalid_argument);
        EXPECT_NE(std::string(e.what()).find("nothing to join"), std::string::npos) << e.what();
    }
    EXPECT_THROW(empty.detach(), std::system_error);

    weft::join_handle<void> self;
    std::atomic<bool> told{false};
    self = rt.spawn([&] {
        while (!told) {
            weft::yield();
        }
        try {
            self.join();
            ADD_FAILURE() << "a task joined itself";
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code(), std::errc::resource_deadlock_would_occur);
        }
    });
    told = true;
    test::wait_until([&] { return self.done(); });
    self.join();
}

TEST_P(join_handle, moves_and_swaps_like_any_handle) {
    weft::runtime rt(options());
    auto a = rt.spawn([] { return 1; });
    auto b = rt.spawn([] { return 2; });
    const auto id = a.id();
    EXPECT_NE(id, 0u);
    a.swap(b);
    EXPECT_EQ(b.id(), id);
    weft::join_handle<int> c(std::move(b));
    EXPECT_FALSE(b.joinable());
    EXPECT_EQ(c.join(), 1);
    c = std::move(a);
    EXPECT_EQ(c.join(), 2);
}

TEST_P(join_handle, may_outlive_the_runtime_that_ran_its_task) {
    weft::join_handle<std::string> value;
    weft::join_handle<int> error;
    {
        weft::runtime rt(options());
        value = rt.spawn([] { return std::string(200, 'o'); });
        error = rt.spawn([]() -> int { throw std::runtime_error("late"); });
    }
    EXPECT_TRUE(value.done());
    EXPECT_EQ(value.join(), std::string(200, 'o'));
    EXPECT_THROW(error.join(), std::runtime_error);
}

/// Counts what happens to a callable and to a value.
struct counted {
    static inline std::atomic<int> alive{0}, copies{0}, moves{0};
    static void reset() { copies = moves = 0; }
    counted() { ++alive; }
    counted(const counted&) : weight{} { ++alive, ++copies; }
    counted(counted&&) noexcept : weight{} { ++alive, ++moves; }
    ~counted() { --alive; }
    char weight[100] = {}; // the large path; the small one is tested by `int`s everywhere
};

TEST_P(join_handle, the_callable_is_copied_or_moved_exactly_once_and_the_value_moved_once) {
    weft::runtime rt(options());
    struct callable : counted {
        int operator()() { return 1; }
    };
    struct small {
        counted* where; // in the descriptor: counts through a pointer
        explicit small(counted* w) : where(w) {}
        small(const small& o) : where(o.where) { ++counted::copies; }
        small(small&& o) noexcept : where(o.where) { ++counted::moves; }
        int operator()() const { return 2; }
    };
    rt.run([] {
        callable f;
        counted::reset();
        EXPECT_EQ(weft::spawn(f).join(), 1);
        EXPECT_EQ(counted::copies, 1);
        EXPECT_EQ(counted::moves, 0);
        counted::reset();
        EXPECT_EQ(weft::spawn(std::move(f)).join(), 1);
        EXPECT_EQ(counted::copies, 0);
        EXPECT_EQ(counted::moves, 1);
        small s(nullptr);
        counted::reset();
        EXPECT_EQ(weft::spawn(s).join(), 2);
        EXPECT_EQ(weft::spawn(std::move(s)).join(), 2);
        EXPECT_EQ(counted::copies, 1);
        EXPECT_EQ(counted::moves, 1);
        counted::reset();
        { auto value = weft::spawn([] { return counted(); }).join(); }
        EXPECT_EQ(counted::copies, 0);
        EXPECT_EQ(counted::moves, 1);
    });
    EXPECT_EQ(counted::alive.load(), 0);
}

TEST_P(join_handle, nothing_leaks_whichever_way_a_task_is_left) {
    {
        weft::runtime rt(options());
        rt.run([] {
            counted c;
            for (int i = 0; i < 50; ++i) {
                weft::spawn([c] { return c; }).detach();
                weft::spawn([c] { return c; }).join();
                try {
                    weft::spawn([c]() -> counted { throw std::runtime_error("lost"); }).join();
                    ADD_FAILURE();
                } catch (const std::runtime_error&) {
                }
                auto polled = weft::spawn([c] { return c; });
                while (!polled.try_join()) {
                    weft::yield();
                }
            }
        });
    }
    EXPECT_EQ(counted::alive.load(), 0);
}

TEST_P(join_handle, a_copy_that_throws_leaves_no_task_and_a_value_that_throws_on_its_way_out_is_destroyed) {
    struct hostile {
        static int& left() {
            static int n = 0;
            return n;
        }
        counted c;
        hostile() = default;
        hostile(const hostile& o) : c(o.c) { fail(); }
        hostile(hostile&& o) : c(std::move(o.c)) { fail(); } // NOLINT: it throws on purpose
        static void fail() {
            if (left() > 0 && --left() == 0) {
                throw std::runtime_error("no copy");
            }
        }
        int operator()() const { return 1; }
    };
    weft::runtime rt(options());
    {
        hostile f;
        hostile::left() = 1;
        EXPECT_THROW((void)rt.spawn(f), std::runtime_error);
        hostile::left() = 0;
        auto h = rt.spawn([] { return hostile(); });
        test::wait_until([&] { return h.done(); });
        hostile::left() = 1;
        EXPECT_THROW((void)h.join(), std::runtime_error);
        EXPECT_FALSE(h.joinable());
        hostile::left() = 0;
    }
    EXPECT_EQ(counted::alive.load(), 0);
}

} // namespace

// SPDX-License-Identifier: MIT
// What a thread does at its end: when, in which order, and on whom it may wait.
#include "agents.hpp"
#include "support/child.hpp"
#include "support/sanitized.hpp"
#include <atomic>
#include <mutex>
#include <string>
#include <weft/at_thread_exit.hpp>
#include <weft/weft.hpp>

namespace {

struct noted : weft::abi::exit_node {
    std::string* into;
    char what;
    noted(std::string& s, char c) : into(&s), what(c) {
        run = [](weft::abi::exit_node* self) noexcept {
            auto* me = static_cast<noted*>(self);
            *me->into += me->what;
        };
    }
};

WEFT_WITH_AGENTS(at_thread_exit);

TEST_P(at_thread_exit, all_of_it_is_done_once_in_order_before_the_joiner_goes_on) {
    std::string done;
    noted a(done, 'a'), b(done, 'b'), c(done, 'c');
    run(0, [&] {
        for (noted* each : {&a, &b, &c}) {
            weft::abi::prepare_thread_exit();
            weft::abi::call_at_thread_exit(*each);
        }
        weft::yield();
        EXPECT_EQ(done, "");
    });
    EXPECT_EQ(done, "abc");
}

TEST_P(at_thread_exit, each_thread_has_its_own) {
    run(0, [] {
        std::string outer, inner;
        noted a(inner, 'i'), b(outer, 'o');
        weft::thread t([&] {
            weft::abi::prepare_thread_exit();
            weft::abi::call_at_thread_exit(b);
            weft::thread([&] {
                weft::abi::prepare_thread_exit();
                weft::abi::call_at_thread_exit(a);
            }).join();
            EXPECT_EQ(inner, "i");
            EXPECT_EQ(outer, "");
        });
        t.join();
        EXPECT_EQ(outer, "o");
    });
}

TEST_P(at_thread_exit, what_is_added_while_it_is_done_is_done_too) {
    std::string done;
    struct adds : weft::abi::exit_node {
        noted* next;
        explicit adds(noted& n) : next(&n) {
            run = [](weft::abi::exit_node* self) noexcept { weft::abi::call_at_thread_exit(*static_cast<adds*>(self)->next); };
        }
    };
    noted last(done, 'x');
    adds first(last);
    rt.run([&] {
        weft::thread([&] {
            weft::abi::prepare_thread_exit();
            weft::abi::call_at_thread_exit(first);
        }).join();
    });
    EXPECT_EQ(done, "x");
}

TEST_P(at_thread_exit, it_may_suspend_the_task_that_ends) {
    std::atomic<bool> go{false}, went{false};
    struct waits : weft::abi::exit_node {
        std::atomic<bool>*go, *went;
        waits(std::atomic<bool>& g, std::atomic<bool>& w) : go(&g), went(&w) {
            run = [](weft::abi::exit_node* self) noexcept {
                auto* me = static_cast<waits*>(self);
                while (!*me->go) {
                    weft::sleep_for(std::chrono::microseconds(100));
                }
                *me->went = true;
            };
        }
    } node(go, went);
    auto ends = start(0, [&] {
        weft::abi::prepare_thread_exit();
        weft::abi::call_at_thread_exit(node);
    });
    rt.run([&] { go = true; }); // with one worker this runs only while the other waits
    ends.join();
    EXPECT_TRUE(went);
}

TEST(at_thread_exit_of_main, is_done_when_main_has_returned) {
    if (test::sanitized) {
        GTEST_SKIP() << "a forked child of a program with threads may find the sanitizer locked, and here the watchdog is one";
    }
    const auto how = support::run_in_child([] {
        struct says : weft::abi::exit_node {
            says() {
                run = [](weft::abi::exit_node*) noexcept { support::say("at the end of main\n"); };
            }
        };
        static says node;
        weft::abi::prepare_thread_exit();
        weft::abi::call_at_thread_exit(node);
        support::say("main returns\n");
        std::exit(0);
        return 1;
    });
    EXPECT_TRUE(how.exited_with(0));
    EXPECT_TRUE(how.says("main returns\nat the end of main\n")) << how.text;
}

} // namespace

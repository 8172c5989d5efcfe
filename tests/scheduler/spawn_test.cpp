// SPDX-License-Identifier: MIT
#include "gate.hpp"
#include "scheduler/runtime_core.hpp"
#include "with_workers.hpp"
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

WEFT_WITH_WORKERS(spawning);
class spawning_once : public test::census {};

int plain_function() {
    return 12;
}

struct object {
    int value = 13;
    int operator()() const { return value; }
};

TEST_P(spawning, takes_functions_objects_and_everything_callable) {
    weft::runtime rt(options());
    rt.run([] {
        EXPECT_EQ(weft::spawn(plain_function).join(), 12);
        EXPECT_EQ(weft::spawn(&plain_function).join(), 12);
        EXPECT_EQ(weft::spawn(object{}).join(), 13);
        const object constant{14};
        EXPECT_EQ(weft::spawn(constant).join(), 14);
        EXPECT_EQ(weft::spawn(std::function<int()>(plain_function)).join(), 12);
        EXPECT_EQ(weft::spawn(std::bind(std::plus<int>(), 1, 2)).join(), 3);
        EXPECT_EQ(weft::spawn([n = 0]() mutable { return ++n; }).join(), 1);
        EXPECT_EQ(weft::spawn([p = std::make_unique<int>(15)] { return *p; }).join(), 15);
    });
}

TEST_F(spawning_once, without_a_runtime_it_throws_no_runtime) {
    try {
        (void)weft::spawn([] {});
        FAIL() << "spawned into nothing";
    } catch (const weft::no_runtime& e) {
        EXPECT_NE(std::string(e.what()).find("construct one before the first task"), std::string::npos) << e.what();
    }
    bool refused = false;
    weft::kernel_thread elsewhere([&] {
        try {
            (void)weft::spawn([] {});
        } catch (const weft::no_runtime&) {
            refused = true;
        }
    });
    elsewhere.join();
    EXPECT_TRUE(refused);
    { weft::runtime rt({.workers = 1}); }
    EXPECT_THROW((void)weft::spawn([] {}), weft::no_runtime) << "after the last one has gone";
}

TEST_P(spawning, a_task_that_has_not_started_owns_no_stack) {
    weft::runtime rt({.workers = 1});
    rt.run([] {
        auto& core = weft::scheduler::this_carrier()->core;
        const auto before = core.stacks.stats();
        std::vector<weft::join_handle<int>> handles;
        for (int i = 0; i < 10'000; ++i) {
            handles.push_back(weft::spawn([i] { return i; }));
        }
        EXPECT_EQ(core.stacks.stats().out, before.out) << "a spawned task took a stack";
        for (auto& h : handles) {
            h.join();
        }
        EXPECT_LE(core.stacks.stats().out, before.out + 2) << "tasks that never suspend run on one stack, one after the other";
    });
}

TEST_P(spawning, each_suspended_task_has_a_stack_and_gives_it_back) {
    weft::runtime rt(options());
    rt.run([] {
        auto& core = weft::scheduler::this_carrier()->core;
        test::gate g;
        std::vector<weft::join_handle<void>> handles;
        for (int i = 0; i < 1000; ++i) {
            handles.push_back(weft::spawn([&] { g.wait(); }));
        }
        while (g.waiting() != handles.size()) {
            weft::yield();
        }
        EXPECT_GE(core.stacks.stats().out, 1000u);
        g.open();
        for (auto& h : handles) {
            h.join();
        }
        // The rest lies in the workers' caches, 32 each.
        EXPECT_LE(core.stacks.stats().out, 33u * core.worker_count + 1);
    });
}

TEST_P(spawning, a_task_may_use_the_whole_of_its_stack) {
    weft::runtime_options o = options();
    o.stack_size = 256 * 1024;
    weft::runtime rt(o);
    struct deep {
        [[gnu::noinline]] static int fill(int frames) {
            volatile char frame[4096];
            for (auto& c : frame) {
                c = static_cast<char>(frames);
            }
            return frames == 0 ? frame[0] : fill(frames - 1) + (frame[4095] == static_cast<char>(frames) ? 1 : 0);
        }
    };
    constexpr int frames = test::sanitized ? 20 : 55;
    EXPECT_EQ(rt.run([] { return deep::fill(frames); }), frames);
}

} // namespace

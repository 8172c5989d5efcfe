// SPDX-License-Identifier: MIT
// A value for each task, that goes with it and goes before its joiner goes on.
// Seen to fail: values that are kept by kernel thread, and values that are destroyed with the descriptor.
#include "with_workers.hpp"
#include "gate.hpp"
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/task_local.hpp>

namespace {

WEFT_WITH_WORKERS(task_locals);

constinit weft::task_local<int> number;
constinit weft::task_local<std::string> word([] { return std::string("fresh"); });

TEST_P(task_locals, each_task_has_its_own_and_keeps_it_across_suspensions) {
    weft::runtime rt(options());
    constexpr int tasks = 200;
    std::vector<weft::join_handle<void>> all;
    for (int i = 0; i < tasks; ++i) {
        all.push_back(rt.spawn([i] {
            EXPECT_FALSE(number.has_value());
            EXPECT_EQ(*number, 0) << "value-initialised";
            EXPECT_EQ(*word, "fresh");
            number.get() = i;
            *word += std::to_string(i);
            for (int k = 0; k < 20; ++k) {
                weft::yield();
                if (k % 7 == 0) {
                    weft::sleep_for(std::chrono::microseconds(10 * (i % 5)));
                }
                EXPECT_EQ(*number, i);
            }
            EXPECT_EQ(weft::blocking([] { return number.get(); }), i) << "a task in blocking() is still that task";
            EXPECT_EQ(word->size(), 5 + std::to_string(i).size());
        }));
    }
    for (auto& h : all) {
        h.join();
    }
}

TEST_P(task_locals, a_kernel_thread_has_its_own_and_a_worker_s_tasks_do_not_see_it) {
    weft::runtime rt(options());
    *number = 77;
    rt.run([] { EXPECT_EQ(*number, 0); });
    std::thread([] {
        EXPECT_EQ(*number, 0);
        *number = 78;
    }).join();
    weft::kernel_thread([] {
        EXPECT_EQ(*number, 0);
        *number = 79;
    }).join();
    EXPECT_EQ(*number, 77);
    *number = 0;
}

struct tracked {
    static inline std::atomic<int> alive{0};
    static inline std::vector<int>* order = nullptr;
    int name = 0;
    tracked() { ++alive; }
    tracked(const tracked&) = delete;
    tracked& operator=(const tracked&) = delete;
    ~tracked() {
        weft::yield(); // on the task's own stack: it may
        --alive;
        if (order) {
            order->push_back(name);
        }
    }
};
constinit weft::task_local<tracked> first, second, third;

TEST_P(task_locals, are_destroyed_before_the_joiner_goes_on_the_youngest_first) {
    weft::runtime rt(options());
    std::vector<int> order;
    tracked::order = &order;
    rt.run([&] {
        for (int i = 0; i < 100; ++i) {
            order.clear();
            weft::spawn([] {
                second->name = 2;
                first->name = 1;
                third->name = 3;
            }).join();
            ASSERT_EQ(tracked::alive, 0);
            ASSERT_EQ(order, (std::vector<int>{3, 1, 2}));
        }
    });
    tracked::order = nullptr;
    EXPECT_THROW(rt.spawn([] {
                       *first;
                       throw std::runtime_error("ends by an exception");
                   }).join(),
                 std::runtime_error);
    EXPECT_EQ(tracked::alive, 0);
    std::atomic<bool> made{false};
    rt.spawn([&] {
          *first;
          made = true;
      }).detach();
    test::wait_until([&] { return made && tracked::alive == 0; });
    std::thread([] { *second; }).join();
    EXPECT_EQ(tracked::alive, 0);
}

TEST_P(task_locals, one_that_another_s_destructor_makes_is_destroyed_too) {
    struct makes_another {
        bool armed = false;
        ~makes_another() {
            if (armed) {
                EXPECT_EQ(first->name, 0);
            }
        }
    };
    static constinit weft::task_local<makes_another> maker;
    weft::runtime rt(options());
    rt.spawn([] { maker->armed = true; }).join();
    EXPECT_EQ(tracked::alive, 0);
}

TEST_P(task_locals, an_initialisation_that_throws_is_tried_again) {
    static std::atomic<int> tries{0};
    static constinit weft::task_local<int> reluctant([]() -> int {
        if (++tries % 2 == 1) {
            throw std::runtime_error("not yet");
        }
        return 5;
    });
    weft::runtime rt(options());
    rt.run([] {
        EXPECT_THROW((void)reluctant.get(), std::runtime_error);
        EXPECT_FALSE(reluctant.has_value());
        EXPECT_EQ(*reluctant, 5);
        EXPECT_EQ(*reluctant, 5);
    });
}

TEST_P(task_locals, a_new_one_in_the_place_of_an_old_one_does_not_inherit_its_values) {
    weft::runtime rt(options());
    rt.run([] {
        alignas(weft::task_local<int>) std::byte place[sizeof(weft::task_local<int>)];
        for (int i = 1; i < 4; ++i) {
            auto* local = ::new (static_cast<void*>(place)) weft::task_local<int>();
            EXPECT_EQ(**local, 0);
            **local = i;
            std::destroy_at(local);
        }
    });
}

} // namespace

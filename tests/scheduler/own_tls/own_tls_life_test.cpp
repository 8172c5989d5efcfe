// SPDX-License-Identifier: MIT
// From first use to the last destructor, and the block's next life.
#include "../migrate.hpp"
#include "kernel/own_tls.hpp"
#include "kinds.hpp"
#include "support/census.hpp"
#include <atomic>
#include <cerrno>
#include <memory>
#include <pthread.h>
#include <string>
#include <algorithm>
#include <vector>

namespace {

using namespace std::chrono_literals;

WEFT_WITH_WORKERS(own_tls_life);

std::atomic<int> made{0}, destroyed{0};
struct counted {
    int value = 0;
    counted() { ++made; }
    ~counted() { ++destroyed; }
};
thread_local counted one;

TEST_P(own_tls_life, constructors_and_destructors_run_once_a_thread_and_before_join_returns) {
    weft::runtime rt(options());
    rt.run([] {
        made = destroyed = 0;
        for (int i = 1; i <= 50; ++i) {
            weft::thread t([] {
                one.value += 1;
                weft::yield();
                EXPECT_EQ(one.value, 1) << "a fresh one for each";
            });
            t.join();
            EXPECT_EQ(made, i);
            EXPECT_EQ(destroyed, i);
        }
    });
}

TEST_P(own_tls_life, a_foreign_kernel_thread_that_joins_finds_the_destructors_done) {
    weft::runtime rt(options());
    for (int i = 0; i < 50; ++i) {
        made = destroyed = 0;
        weft::thread t([] { one.value = 1; });
        t.join();
        EXPECT_EQ(made, 1);
        EXPECT_EQ(destroyed, 1);
    }
}

TEST_P(own_tls_life, a_detached_threads_destructors_run_too) {
    made = destroyed = 0;
    {
        weft::runtime rt(options());
        rt.run([] {
            for (int i = 0; i < 20; ++i) {
                weft::thread([] { one.value = 1; }).detach();
            }
        });
    }
    EXPECT_EQ(made, 20);
    EXPECT_EQ(destroyed, 20);
}

struct suspends_at_its_end {
    std::string mark = "alive";
    bool* survived = nullptr;
    ~suspends_at_its_end() {
        if (survived) {
            weft::yield();
            weft::sleep_for(1ms);
            *survived = mark == "alive";
        }
    }
};
thread_local suspends_at_its_end sleepy;

TEST_P(own_tls_life, a_destructor_may_suspend) {
    weft::runtime rt(options());
    rt.run([] {
        bool survived[20] = {};
        std::vector<weft::thread> all;
        for (bool& s : survived) {
            all.emplace_back([&s] { sleepy.survived = &s; });
        }
        for (auto& t : all) {
            t.join();
        }
        for (const bool s : survived) {
            EXPECT_TRUE(s);
        }
    });
}

std::vector<std::string> order; // one thread writes, and is joined before it is read
struct late {
    bool used = false;
    ~late() {
        if (used) { // all thread_locals of this file are made at the first use of one
            order.emplace_back("thread_local");
        }
    }
};
thread_local late last;

TEST_P(own_tls_life, pthread_key_destructors_run_after_thread_locals_and_before_join_returns) {
    order.clear();
    pthread_key_t key{};
    ASSERT_EQ(pthread_key_create(&key, [](void*) { order.emplace_back("key"); }), 0);
    weft::runtime rt(options());
    rt.run([&] {
        weft::thread t([&] {
            pthread_setspecific(key, &key);
            last.used = true;
        });
        t.join();
        EXPECT_EQ(order, (std::vector<std::string>{"thread_local", "key"}));
    });
    pthread_key_delete(key);
}

TEST_P(own_tls_life, a_key_has_no_value_in_the_blocks_next_thread) {
    std::vector<pthread_key_t> keys(100); // the later ones lie outside of the descriptor
    for (auto& key : keys) {
        ASSERT_EQ(pthread_key_create(&key, nullptr), 0);
    }
    weft::runtime rt(options());
    rt.run([&] {
        for (int i = 0; i < 10; ++i) {
            weft::thread t([&] {
                for (auto key : keys) {
                    EXPECT_EQ(pthread_getspecific(key), nullptr);
                    pthread_setspecific(key, &keys);
                }
            });
            t.join();
        }
    });
    for (auto key : keys) {
        pthread_key_delete(key);
    }
}

TEST_P(own_tls_life, what_waits_for_the_threads_end_goes_on_after_its_destructors) {
    weft::runtime rt(options());
    rt.run([] {
        for (int i = 0; i < 20; ++i) {
            made = destroyed = 0;
            auto f = weft::async(weft::launch::async, [] { return ++one.value; });
            f.wait();
            EXPECT_EQ(destroyed, 1);
            EXPECT_EQ(f.get(), 1);

            weft::mutex m;
            weft::condition_variable ended;
            int destroyed_then = -1;
            bool told = false;
            weft::thread t([&] {
                one.value = 1;
                std::unique_lock<weft::mutex> hold(m);
                told = true;
                weft::notify_all_at_thread_exit(ended, std::move(hold));
            });
            std::unique_lock<weft::mutex> hold(m);
            ended.wait(hold, [&] { return told; });
            destroyed_then = destroyed;
            hold.unlock();
            t.join();
            EXPECT_EQ(destroyed_then, 2);
        }
    });
}

TEST_P(own_tls_life, spawn_with_the_option_brings_values_and_exceptions_back) {
    weft::runtime rt(options());
    rt.run([] {
        weft::spawn_options o;
        o.own_tls = true;
        o.name = "named";
        EXPECT_EQ(weft::spawn(o, [] { return std::string(weft::this_task::name()) + std::to_string(++one.value); }).join(), "named1");
        EXPECT_THROW(weft::spawn(o, [] { throw std::runtime_error("out"); }).join(), std::runtime_error);
    });
}

TEST_P(own_tls_life, a_hundred_thousand_threads_one_after_the_other_leave_nothing) {
    weft::runtime rt(options());
    rt.run([] {
        const auto churn = [](int rounds) {
            for (int i = 0; i < rounds; ++i) {
                weft::thread t([] {
                    one.value = 1;
                    errno = EDOM;
                    auto held = std::make_unique<char[]>(1000); // through the thread's malloc cache
                    held[0] = 1;
                    asm volatile("" : : "r"(held.get()) : "memory");
                });
                t.join();
            }
        };
        churn(2000);
        const auto blocks = weft::kernel::own_tls_blocks();
        const long resident = support::resident_bytes();
        const int mappings = support::count_mappings();
        churn(100'000);
        EXPECT_LE(support::resident_bytes() - resident, 1L << 20);
        EXPECT_LE(support::count_mappings(), mappings + 8);
        EXPECT_LE(weft::kernel::own_tls_blocks().blocks, blocks.blocks + 8); // as many as there were alive at once
    });
}

TEST_P(own_tls_life, many_at_once_have_different_identities_and_their_blocks_are_not_kept_for_ever) {
    weft::runtime rt(options());
    constexpr int many = 3000;
    rt.run([] {
        weft::latch all_there{many};
        weft::counting_semaphore<> go{0};
        std::vector<weft::thread> all;
        std::vector<std::thread::id> ids(many);
        for (int i = 0; i < many; ++i) {
            all.emplace_back([&, i] {
                ids[static_cast<std::size_t>(i)] = std::this_thread::get_id();
                one.value = i;
                all_there.count_down();
                go.acquire();
                EXPECT_EQ(one.value, i);
            });
        }
        all_there.wait();
        go.release(many);
        for (auto& t : all) {
            t.join();
        }
        std::sort(ids.begin(), ids.end());
        EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
    });
    EXPECT_LE(weft::kernel::own_tls_blocks().blocks, weft::kernel::most_own_tls_kept + 8);
}

TEST_P(own_tls_life, light_tasks_and_threads_share_workers) {
    weft::runtime rt(options());
    rt.run([] {
        std::vector<weft::thread> threads;
        std::vector<weft::join_handle<int>> tasks;
        std::atomic<int> wrong{0};
        for (int i = 0; i < 50; ++i) {
            threads.emplace_back([&, i] {
                for (int round = 0; round < 20; ++round) {
                    one.value = i;
                    errno = i + 1;
                    weft::yield();
                    wrong += one.value != i || errno != i + 1;
                }
            });
            tasks.push_back(weft::spawn([i] {
                for (int round = 0; round < 20; ++round) {
                    weft::yield();
                }
                return i;
            }));
        }
        for (auto& t : threads) {
            t.join();
        }
        for (int i = 0; i < 50; ++i) {
            EXPECT_EQ(tasks[static_cast<std::size_t>(i)].join(), i);
        }
        EXPECT_EQ(wrong, 0);
    });
}

} // namespace

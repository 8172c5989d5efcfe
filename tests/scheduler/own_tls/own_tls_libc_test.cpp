// SPDX-License-Identifier: MIT
// Threads with their own TLS beside what libc does for kernel threads: std::threads, robust and other mutexes, fork, setuid, the resolver.
#include "../migrate.hpp"
#include "kernel/own_tls.hpp"
#include "kinds.hpp"
#include <cerrno>
#include <fstream>
#include <mutex>
#include <pthread.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace std::chrono_literals;

WEFT_WITH_WORKERS(own_tls_libc);

TEST_P(own_tls_libc, ordinary_code_runs_in_many_threads) {
    weft::runtime rt(options());
    rt.run([] {
        std::vector<weft::thread> all;
        std::atomic<int> right{0};
        for (int i = 0; i < 64; ++i) {
            all.emplace_back([&, i] {
                std::ostringstream out;
                for (int k = 0; k < 50; ++k) {
                    out << i << ' ' << 0.5 * k << '\n';
                    weft::yield();
                    try {
                        throw std::runtime_error(out.str());
                    } catch (const std::exception& e) {
                        weft::yield();
                        right += out.str() == e.what();
                    }
                }
            });
        }
        for (auto& t : all) {
            t.join();
        }
        EXPECT_EQ(right, 64 * 50);
    });
}

TEST_P(own_tls_libc, a_std_mutex_excludes_threads_of_both_sorts) {
    weft::runtime rt(options());
    rt.run([] {
        std::recursive_mutex m;
        long sum = 0;
        const auto work = [&] {
            for (int i = 0; i < 2000; ++i) {
                std::lock_guard outer(m);
                std::lock_guard inner(m);
                ++sum;
            }
        };
        std::vector<weft::thread> ours;
        std::vector<std::thread> theirs;
        for (int i = 0; i < 4; ++i) {
            ours.emplace_back(work);
            theirs.emplace_back(work);
        }
        for (auto& t : ours) {
            t.join();
        }
        weft::blocking([&] {
            for (auto& t : theirs) {
                t.join();
            }
        });
        EXPECT_EQ(sum, 8 * 2000);
    });
}

TEST_P(own_tls_libc, a_thread_makes_and_joins_a_std_thread) {
    weft::runtime rt(options());
    rt.run([] {
        weft::thread t([] {
            int value = 0;
            std::thread other([&] { value = 5; });
            weft::yield();
            other.join();
            EXPECT_EQ(value, 5);
        });
        t.join();
    });
}

TEST_P(own_tls_libc, a_robust_mutex_whose_owner_has_ended_says_so) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_t free_one, waited_for;
    pthread_mutex_init(&free_one, &attributes);
    pthread_mutex_init(&waited_for, &attributes);
    weft::runtime rt(options());
    rt.run([&] {
        weft::binary_semaphore locked{0}, waiting{0};
        weft::thread t([&] {
            pthread_mutex_lock(&free_one);
            pthread_mutex_lock(&waited_for);
            locked.release();
            waiting.acquire();
            weft::sleep_for(20ms); // the waiter is likely in the kernel by then; the outcome is the same if it is not
        });
        locked.acquire();
        int waiters_answer = -1;
        std::thread waiter([&] {
            waiting.release();
            waiters_answer = pthread_mutex_lock(&waited_for);
            pthread_mutex_consistent(&waited_for);
            pthread_mutex_unlock(&waited_for);
        });
        t.join();
        weft::blocking([&] { waiter.join(); });
        EXPECT_EQ(waiters_answer, EOWNERDEAD);
        EXPECT_EQ(pthread_mutex_lock(&free_one), EOWNERDEAD);
        pthread_mutex_consistent(&free_one);
        EXPECT_EQ(pthread_mutex_unlock(&free_one), 0);
        EXPECT_EQ(pthread_mutex_lock(&free_one), 0);
        EXPECT_EQ(pthread_mutex_unlock(&free_one), 0);
    });
    pthread_mutexattr_destroy(&attributes);
}

// The kernel can lend its priority to kernel threads alone: a contender waits as if for an owner that never comes.
TEST_P(own_tls_libc, a_priority_inheriting_mutex_works_uncontended_and_times_out_contended) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    ASSERT_EQ(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT), 0);
    pthread_mutex_t m;
    pthread_mutex_init(&m, &attributes);
    weft::runtime rt(options());
    rt.run([&] {
        weft::thread t([&] {
            EXPECT_EQ(pthread_mutex_lock(&m), 0);
            EXPECT_EQ(pthread_mutex_unlock(&m), 0);
            EXPECT_EQ(pthread_mutex_lock(&m), 0);
            std::thread contender([&] {
                timespec deadline{};
                clock_gettime(CLOCK_REALTIME, &deadline);
                deadline.tv_nsec += 50'000'000;
                deadline.tv_sec += deadline.tv_nsec / 1'000'000'000;
                deadline.tv_nsec %= 1'000'000'000;
                EXPECT_EQ(pthread_mutex_timedlock(&m, &deadline), ETIMEDOUT);
            });
            contender.join();
        });
        t.join();
    });
    pthread_mutexattr_destroy(&attributes);
}

TEST_P(own_tls_libc, fork_in_a_thread_gives_a_child_that_works) {
    weft::runtime rt(options());
    rt.run([] {
        std::vector<weft::thread> parked;
        weft::counting_semaphore<> go{0};
        weft::latch there{20};
        for (int i = 0; i < 20; ++i) {
            parked.emplace_back([&] {
                there.count_down();
                go.acquire();
            });
        }
        there.wait();
        int status = -1;
        weft::thread t([&] {
            thread_local int number = 3;
            number = 4;
            const pid_t child = fork();
            if (child == 0) {
                std::recursive_mutex m;
                std::lock_guard outer(m);
                std::lock_guard inner(m);
                std::ostringstream out;
                out << number;
                int sum = 0;
                std::thread other([&] { sum = 1; });
                other.join();
                weft::kernel_thread raw([&] { sum += 1; }); // out of the caches that the parent's threads were in the middle of using
                raw.join();
                _exit(out.str() == "4" && sum == 2 ? 0 : 1);
            }
            ASSERT_GT(child, 0);
            EXPECT_EQ(waitpid(child, &status, 0), child);
        });
        t.join();
        go.release(20);
        for (auto& each : parked) {
            each.join();
        }
        EXPECT_EQ(status, 0) << "exit " << WEXITSTATUS(status) << ", signal " << WTERMSIG(status);
    });
}

TEST_P(own_tls_libc, setuid_passes_the_blocks_by) {
    if (getuid() != 0) {
        GTEST_SKIP() << "it takes root to become the same user again";
    }
    weft::runtime rt(options());
    rt.run([] {
        weft::thread t([] {
            std::thread beside([] { EXPECT_EQ(setresuid(0, 0, 0), 0); }); // a list with a std::thread on it
            beside.join();
            EXPECT_EQ(setresuid(0, 0, 0), 0);
        });
        t.join();
    });
}

TEST_P(own_tls_libc, a_name_is_looked_up_with_the_threads_own_resolver) {
    weft::runtime rt(options());
    rt.run([] {
        std::vector<weft::thread> all;
        for (int i = 0; i < 8; ++i) {
            all.emplace_back([] {
                std::ifstream file("/proc/self/stat");
                std::string first;
                file >> first;
                EXPECT_EQ(first, std::to_string(getpid()));
                tzset();
                const time_t now = time(nullptr);
                tm parts{};
                EXPECT_NE(localtime_r(&now, &parts), nullptr);
            });
        }
        for (auto& t : all) {
            t.join();
        }
    });
}

} // namespace

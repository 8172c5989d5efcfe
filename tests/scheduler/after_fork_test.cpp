// SPDX-License-Identifier: MIT
// A child of fork() uses weft: from the main thread, from a task, from a weft::thread, from blocking(). Every parent is a process of its own.
// Without free_lock_pool or forget_runtimes in scheduler/after_fork.cpp, or with suspending_carrier or ~runtime blind to the generation, cases
// hang and die by SIGALRM.
#include "scheduler/lock_pool.hpp"
#include "support/child.hpp"
#include "support/program.hpp"
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

using namespace std::chrono_literals;

template <class F>
void in_parent(F f, const char* what, int wanted = 0) {
    REQUIRE(setenv("WEFT_WORKERS", "2", 1) == 0);
    support::require_exit(support::run_in_child(
                              [&] {
                                  f();
                                  return 0;
                              },
                              60),
                          wanted, what);
}

/// Forks here; the child runs f and must end well.
template <class F>
void forked(F f, const char* what) {
    support::require_exit(support::run_in_child(
                              [&] {
                                  f();
                                  return 0;
                              },
                              30),
                          0, what);
}

template <class F>
std::string refusal_of(F f) {
    try {
        f();
    } catch (const weft::no_runtime& e) {
        return e.what();
    }
    return "not refused";
}

/// What any child may do, on a foreign thread or as the task that has forked.
void use_everything() {
    REQUIRE(support::count_threads() == 1);
    int ran = 0;
    weft::mutex lock;
    weft::thread([&] {
        std::lock_guard hold(lock);
        weft::this_thread::sleep_for(1ms);
        ++ran;
    }).join();
    REQUIRE(ran == 1);
    REQUIRE(support::count_threads() == 3); // WEFT_WORKERS=2
    REQUIRE(weft::async(weft::launch::async, [&] { return ++ran; }).get() == 2);
    weft::channel<int> values(0);
    weft::jthread sender([&](weft::stop_token) {
        for (int i = 0; i < 100; ++i) {
            values.send(i);
        }
        values.close();
    });
    int sum = 0;
    for (const int& v : values) {
        sum += v;
    }
    REQUIRE(sum == 4950);
    weft::counting_semaphore<> ready(0);
    REQUIRE(!ready.try_acquire_for(1ms));
    weft::thread([&] {
        weft::yield();
        ready.release();
    }).detach();
    ready.acquire();
    weft::sleep_for(1ms);
    weft::yield();
    REQUIRE(weft::blocking([] { return 5; }) == 5);
    REQUIRE(weft::spawn([] { return weft::fork_join([] { return 2; }, [] { return 3; }); }).join() == std::tuple(2, 3));
    REQUIRE(weft::fork_join([] { return 2; }, [] { return 3; }) == std::tuple(2, 3));
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    weft::thread reader([&] {
        weft::await_readable(ends[0]);
        char c = 0;
        REQUIRE(read(ends[0], &c, 1) == 1 && c == 'x');
    });
    REQUIRE(write(ends[1], "x", 1) == 1);
    reader.join();
    weft::runtime another({.workers = 1});
    REQUIRE(another.run([] { return 7; }) == 7);
}

void the_child_starts_a_default_runtime_of_its_own() {
    in_parent(
        [] {
            weft::thread([] {}).join();
            REQUIRE(support::count_threads() == 3);
            forked(&use_everything, "a child of a program with a default runtime");
            forked([] { REQUIRE(weft::spawn([] { return 3; }).join() == 3); }, "spawn, which worked in the parent");
            forked(
                [] {
                    use_everything();
                    forked(&use_everything, "a grandchild");
                    weft::thread([] {}).join();
                },
                "a child that has a child");
            weft::thread([] {}).join(); // the parent's is as it was
            REQUIRE(support::count_threads() == 3);
        },
        "the default runtime");
}

void a_runtime_of_the_parent_refuses_and_does_not_hold_up() {
    in_parent(
        [] {
            auto mine = std::make_unique<weft::runtime>(weft::runtime_options{.workers = 2, .name = "mine"});
            std::atomic<bool> leave{false};
            auto busy = mine->spawn([&] {
                while (!leave) {
                    weft::yield();
                }
            });
            auto parked = mine->spawn([] { weft::sleep_for(100ms); });
            forked(
                [&] {
                    REQUIRE(refusal_of([&] { mine->spawn([] {}).detach(); }).find("made before fork()") != std::string::npos);
                    REQUIRE(refusal_of([&] { mine->run([] {}); }).find("made before fork()") != std::string::npos);
                    REQUIRE(refusal_of([&] { weft::spawn([] {}).detach(); }).find("no weft::runtime lives") != std::string::npos);
                    try {
                        busy.join();
                        REQUIRE(false);
                    } catch (const std::system_error& e) {
                        REQUIRE(e.code() == std::errc::no_such_process);
                    }
                    REQUIRE(!busy.done());
                    busy.detach();
                    parked.detach();
                    mine.reset();
                    use_everything();
                },
                "the child");
            leave = true;
            busy.join();
            parked.join();
            REQUIRE(mine->run([] { return 1; }) == 1);
        },
        "a runtime of the program's own");
}

void a_task_that_forks_goes_on_alone() {
    for (unsigned workers : {1u, 2u}) {
        in_parent(
            [workers] {
                weft::runtime rt({.workers = workers});
                rt.run([&] {
                    std::atomic<int> others{0};
                    std::atomic<bool> leave{false};
                    std::vector<weft::join_handle<void>> crowd; // ready ones, sleepers, and those that wait for a lock
                    weft::mutex held;
                    held.lock();
                    for (int i = 0; i < 30; ++i) {
                        crowd.push_back(weft::spawn([&, i] {
                            if (i % 3 == 1) {
                                weft::sleep_for(1ms);
                            } else if (i % 3 == 2) {
                                std::lock_guard hold(held);
                            }
                            while (!leave) {
                                ++others;
                                weft::yield();
                            }
                        }));
                    }
                    for (int i = 0; i < 20; ++i) {
                        weft::yield();
                    }
                    const auto id = weft::this_task::id();
                    weft::recursive_mutex own; // it knows its owner by the number of the task
                    own.lock();
                    forked(
                        [&] {
                            const int before = others;
                            own.lock();
                            own.unlock();
                            own.unlock();
                            weft::yield();
                            weft::sleep_for(5ms);
                            held.unlock(); // handed to one who does not exist
                            use_everything();
                            REQUIRE(weft::this_task::id() == id);
                            REQUIRE(others == before);
                        },
                        "the child of a task");
                    own.unlock();
                    leave = true;
                    held.unlock();
                    for (auto& each : crowd) {
                        each.join();
                    }
                });
            },
            "a fork in a task");
    }
}

void a_fork_in_blocking_and_in_a_thread() {
    in_parent(
        [] {
            weft::runtime rt({.workers = 2});
            rt.run([] {
                int status = -1;
                const bool child = weft::blocking([&] {
                    const pid_t made = fork();
                    if (made > 0) {
                        REQUIRE(waitpid(made, &status, 0) == made);
                    }
                    return made == 0;
                });
                if (child) {
                    support::time_limit(30);
                    use_everything();
                    _exit(3);
                }
                REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 3);
            });
            weft::thread([] {
                thread_local std::string own = "its own";
                own += '!';
                forked(
                    [] {
                        REQUIRE(own == "its own!");
                        use_everything();
                        REQUIRE(own == "its own!");
                    },
                    "the child of a thread");
            }).join();
        },
        "forks in blocking() and in a thread");
}

/// How a child ends whose forking task just returns.
template <class Start>
support::outcome child_that_returns(Start start) {
    return support::run_in_child([&] {
        int status = -1;
        start([&] {
            const pid_t child = fork();
            if (child == 0) {
                support::time_limit(20);
                weft::yield();
            } else {
                REQUIRE(waitpid(child, &status, 0) == child);
            }
        });
        return WIFSIGNALED(status) ? 200 + WTERMSIG(status) : WEXITSTATUS(status);
    });
}

/// It did not go on with what is its parent's, and was told what to do.
void require_told(const support::outcome& how) {
    REQUIRE(how.code > 200 && how.code != 200 + SIGALRM);
    REQUIRE(how.says("leave the child by exec or _exit"));
}

void a_task_that_returns_in_the_child() {
    const auto thread = child_that_returns([](auto f) { weft::thread(f).join(); });
    support::require_exit(thread, 0, "a thread that returns in the child");
    require_told(child_that_returns([](auto f) {
        weft::runtime rt({.workers = 1});
        rt.run(f);
    }));
    require_told(child_that_returns([](auto f) { // in place, on its joiner's stack
        weft::runtime rt({.workers = 1});
        rt.run([&] { weft::spawn(f).join(); });
    }));
    require_told(child_that_returns([](auto f) {
        weft::runtime rt({.workers = 1});
        rt.run([&] {
            weft::scope s;
            s.spawn(f);
            s.join();
        });
    }));
}

/// The fork comes when the task's function has returned, with its task_locals.
void a_destructor_that_forks_and_returns_in_the_child() {
    struct forker {
        std::function<void()> f;
        ~forker() {
            if (f) {
                f();
            }
        }
    };
    static weft::task_local<forker> local;
    require_told(child_that_returns([](auto f) {
        weft::runtime rt({.workers = 1});
        rt.run([&] { weft::spawn([&] { local->f = f; }).join(); });
    }));
    require_told(child_that_returns([](auto f) {
        weft::runtime rt({.workers = 1});
        rt.run([&] {
            weft::scope s;
            s.spawn([&] { local->f = f; });
            s.spawn([] {});
            s.join();
        });
    }));
}

/// Made before the fork, with children counted in advance, and left by the child's one thread.
void a_scope_of_the_forker_can_be_left() {
    in_parent(
        [] {
            weft::runtime rt({.workers = 2});
            rt.run([] {
                std::atomic<int> ran{0};
                weft::scope s;
                s.spawn([&] { ++ran; });
                s.join();
                forked(
                    [&] {
                        s.join();
                        REQUIRE(ran == 1);
                        use_everything();
                    },
                    "a child with a scope");
                s.spawn([&] { ++ran; });
                s.join();
                REQUIRE(ran == 2);
            });
        },
        "a scope over a fork");
}

void a_lock_of_the_library_that_another_held_is_free() {
    in_parent(
        [] {
            std::atomic<int> step{0};
            std::thread holder([&] {
                for (auto& each : weft::scheduler::lock_pool) {
                    each.acquire();
                }
                step = 1;
                while (step != 2) {
                    support::sleep_ms(1);
                }
                for (auto& each : weft::scheduler::lock_pool) {
                    each.release();
                }
            });
            REQUIRE(support::eventually([&] { return step == 1; }));
            forked(&use_everything, "a child whose parent held the pool");
            step = 2;
            holder.join();
        },
        "held locks");
}

/// A waiter is in its list, but still on its stack, when the fork comes: nobody is ever to go on there.
void a_waiter_of_the_parent_in_the_middle_of_its_suspension_harms_nobody() {
    in_parent(
        [] {
            weft::runtime rt({.workers = 2});
            std::atomic<bool> stop{false};
            weft::counting_semaphore<> there(1), back(0);
            auto one = rt.spawn([&] {
                while (!stop) {
                    there.acquire();
                    back.release();
                }
            });
            auto other = rt.spawn([&] {
                while (!stop) {
                    back.acquire();
                    there.release();
                }
            });
            const auto end = std::chrono::steady_clock::now() + 5s;
            for (int i = 0; i < 500 && std::chrono::steady_clock::now() < end; ++i) {
                forked(
                    [&] {
                        there.release();
                        back.release();
                    },
                    "a child that wakes the parent's waiters");
            }
            stop = true;
            there.release(2);
            back.release(2);
            one.join();
            other.join();
        },
        "children that wake the parent's waiters");
}

/// The parent's threads and tasks are in the middle of everything when the fork comes.
void whatever_the_others_held_the_child_is_free() {
    in_parent(
        [] {
            weft::runtime rt({.workers = 2});
            std::atomic<bool> stop{false};
            weft::mutex shared;
            weft::counting_semaphore<> ball(1);
            const auto churn = [&] {
                while (!stop) {
                    {
                        std::lock_guard hold(shared);
                    }
                    (void)ball.try_acquire_for(std::chrono::microseconds(20));
                    ball.release();
                    weft::promise<int> p;
                    p.set_value(1);
                    rt.spawn([] {}).join();
                }
            };
            std::vector<std::thread> foreign;
            std::vector<weft::join_handle<void>> tasks;
            for (int i = 0; i < 3; ++i) {
                foreign.emplace_back(churn);
                tasks.push_back(rt.spawn(churn));
            }
            const auto end = std::chrono::steady_clock::now() + 5s;
            for (int i = 0; i < 60 && std::chrono::steady_clock::now() < end; ++i) {
                forked(
                    [] {
                        weft::mutex many[300]; // an address for every lock of the pool, or nearly
                        std::vector<weft::thread> two;
                        for (int t = 0; t < 2; ++t) {
                            two.emplace_back([&] {
                                for (auto& each : many) {
                                    std::lock_guard hold(each);
                                    weft::yield();
                                }
                            });
                        }
                        for (auto& each : many) {
                            std::lock_guard hold(each);
                            weft::counting_semaphore<> none(0);
                            (void)none.try_acquire_for(1ns);
                        }
                        for (auto& each : two) {
                            each.join();
                        }
                    },
                    "a child of a busy parent");
            }
            stop = true;
            for (auto& each : foreign) {
                each.join();
            }
            for (auto& each : tasks) {
                each.join();
            }
        },
        "children of a busy parent");
}

} // namespace

int main(int argc, char** argv) {
    return support::run_cases(
        argc, argv,
        {{"the child starts a default runtime of its own", the_child_starts_a_default_runtime_of_its_own},
         {"a runtime of the parent refuses, and does not hold up", a_runtime_of_the_parent_refuses_and_does_not_hold_up},
         {"a task that forks goes on alone", a_task_that_forks_goes_on_alone},
         {"a fork in blocking() and in a thread", a_fork_in_blocking_and_in_a_thread},
         {"a task that returns in the child", a_task_that_returns_in_the_child},
         {"a destructor that forks and returns in the child", a_destructor_that_forks_and_returns_in_the_child},
         {"a scope of the forker can be left", a_scope_of_the_forker_can_be_left},
         {"a lock of the library that another held is free", a_lock_of_the_library_that_another_held_is_free},
         {"a waiter of the parent in the middle of its suspension harms nobody", a_waiter_of_the_parent_in_the_middle_of_its_suspension_harms_nobody},
         {"whatever the others held, the child is free", whatever_the_others_held_the_child_is_free}});
}

// SPDX-License-Identifier: MIT
// The C++ exceptions in flight follow the task: across suspensions in catch blocks, in destructors that run while the stack is
// unwound, and across kernel threads.
#include "migrate.hpp"
#include "with_workers.hpp"
#include <exception>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

WEFT_WITH_WORKERS(exceptions);

std::string current_text() {
    try {
        throw;
    } catch (const std::exception& e) {
        return e.what();
    } catch (int n) {
        return std::to_string(n);
    }
}

TEST_P(exceptions, a_task_that_yields_in_a_catch_block_keeps_its_exception) {
    weft::runtime rt(options());
    rt.run([] {
        std::vector<weft::join_handle<void>> all;
        for (int i = 0; i < 100; ++i) {
            all.push_back(weft::spawn([i] {
                for (int round = 0; round < 10; ++round) {
                    try {
                        throw std::runtime_error("task " + std::to_string(i));
                    } catch (...) {
                        for (int k = 0; k < 5; ++k) {
                            weft::yield();
                            EXPECT_EQ(current_text(), "task " + std::to_string(i));
                        }
                    }
                    EXPECT_EQ(std::current_exception(), nullptr);
                }
            }));
        }
        for (auto& h : all) {
            h.join();
        }
    });
}

TEST_P(exceptions, rethrow_works_after_a_forced_migration) {
    weft::runtime rt(options());
    rt.run([] {
        try {
            try {
                throw std::out_of_range("carried along");
            } catch (const std::out_of_range&) {
                EXPECT_TRUE(test::migrate());
                EXPECT_NE(std::current_exception(), nullptr);
                throw;
            }
            ADD_FAILURE() << "the rethrow did not throw";
        } catch (const std::exception& e) {
            EXPECT_STREQ(e.what(), "carried along");
            EXPECT_TRUE(test::migrate());
        }
        EXPECT_EQ(std::current_exception(), nullptr);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
    });
}

TEST_P(exceptions, nested_catch_blocks_unwind_in_order_across_migrations) {
    weft::runtime rt(options());
    rt.run([] {
        try {
            throw 1;
        } catch (...) {
            EXPECT_TRUE(test::migrate());
            try {
                throw 2;
            } catch (...) {
                EXPECT_TRUE(test::migrate());
                try {
                    throw 3;
                } catch (...) {
                    EXPECT_TRUE(test::migrate());
                    EXPECT_EQ(current_text(), "3");
                }
                EXPECT_EQ(current_text(), "2");
                EXPECT_TRUE(test::migrate());
                EXPECT_EQ(current_text(), "2");
            }
            EXPECT_EQ(current_text(), "1");
        }
        EXPECT_EQ(std::current_exception(), nullptr);
    });
}

struct migrates_while_unwinding {
    int* seen_before;
    int* seen_after;
    bool* moved;
    ~migrates_while_unwinding() {
        *seen_before = std::uncaught_exceptions();
        *moved = test::migrate();
        try { // an exception of its own, inside
            throw std::runtime_error("inner");
        } catch (const std::runtime_error&) {
            weft::yield();
        }
        *seen_after = std::uncaught_exceptions();
    }
};

TEST_P(exceptions, a_destructor_may_suspend_and_migrate_while_the_stack_is_unwound) {
    weft::runtime rt(options());
    rt.run([] {
        int before = -1, after = -1, others = 0;
        bool moved = false;
        auto other = weft::spawn([&others] {
            for (int i = 0; i < 1000; ++i) {
                others += std::uncaught_exceptions();
                weft::yield();
            }
        });
        try {
            migrates_while_unwinding m{&before, &after, &moved};
            throw std::logic_error("outer");
        } catch (const std::logic_error& e) {
            EXPECT_STREQ(e.what(), "outer");
        }
        EXPECT_TRUE(moved);
        EXPECT_EQ(before, 1);
        EXPECT_EQ(after, 1);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        other.join();
        EXPECT_EQ(others, 0) << "the count of one task was seen by another";
    });
}

TEST_P(exceptions, a_task_that_starts_while_others_are_in_catch_blocks_sees_none) {
    weft::runtime rt(options());
    rt.run([] {
        try {
            throw 5;
        } catch (int) {
            for (int i = 0; i < 50; ++i) {
                weft::spawn([] {
                    EXPECT_EQ(std::current_exception(), nullptr);
                    EXPECT_EQ(std::uncaught_exceptions(), 0);
                    weft::yield();
                    EXPECT_EQ(std::current_exception(), nullptr);
                }).join();
            }
            EXPECT_EQ(current_text(), "5");
        }
    });
}

TEST_P(exceptions, a_joiner_in_a_catch_block_gets_the_task_s_exception_and_keeps_its_own) {
    weft::runtime rt(options());
    rt.run([] {
        try {
            throw std::runtime_error("own");
        } catch (...) {
            EXPECT_THROW(weft::spawn([] {
                             weft::sleep_for(1ms);
                             throw std::out_of_range("the task's");
                         }).join(),
                         std::out_of_range);
            EXPECT_EQ(current_text(), "own");
        }
    });
}

TEST_P(exceptions, exception_pointers_travel_between_tasks_and_are_rethrown_there) {
    weft::runtime rt(options());
    rt.run([] {
        const std::exception_ptr p = weft::spawn([] {
                                         try {
                                             throw std::runtime_error("boxed");
                                         } catch (...) {
                                             weft::yield();
                                             return std::current_exception();
                                         }
                                     }).join();
        for (int i = 0; i < 10; ++i) {
            weft::spawn([p] {
                try {
                    std::rethrow_exception(p);
                } catch (const std::runtime_error& e) {
                    EXPECT_TRUE(test::migrate());
                    EXPECT_STREQ(e.what(), "boxed");
                    EXPECT_EQ(std::current_exception(), p);
                }
            }).join();
        }
    });
}

TEST_P(exceptions, nested_exceptions_are_told_apart) {
    weft::runtime rt(options());
    rt.run([] {
        try {
            try {
                throw std::runtime_error("cause");
            } catch (...) {
                EXPECT_TRUE(test::migrate());
                std::throw_with_nested(std::logic_error("effect"));
            }
        } catch (const std::logic_error& e) {
            EXPECT_STREQ(e.what(), "effect");
            EXPECT_TRUE(test::migrate());
            EXPECT_THROW(std::rethrow_if_nested(e), std::runtime_error);
        }
    });
}

TEST_P(exceptions, one_that_leaves_a_blocking_section_finds_its_handler_on_another_kernel_thread) {
    weft::runtime rt(options());
    rt.run([] {
        for (int i = 0; i < 20; ++i) {
            auto occupant = weft::spawn([] { std::this_thread::sleep_for(300us); });
            try {
                weft::blocking([] {
                    std::this_thread::sleep_for(100us);
                    throw std::runtime_error("out of f");
                });
                ADD_FAILURE();
            } catch (const std::runtime_error& e) {
                EXPECT_STREQ(e.what(), "out of f");
                EXPECT_EQ(std::uncaught_exceptions(), 0);
            }
            occupant.join();
        }
    });
}

/// Throws at the bottom, suspends at random on the way up, in catch blocks and in destructors.
int dig(std::mt19937& random, int depth) {
    struct suspends {
        std::mt19937& random;
        int depth;
        const int uncaught = std::uncaught_exceptions();
        ~suspends() {
            if (random() % 2) {
                weft::yield();
            }
            EXPECT_GE(std::uncaught_exceptions(), uncaught);
        }
    } s{random, depth};
    if (depth == 0) {
        throw 1000;
    }
    try {
        return dig(random, depth - 1);
    } catch (int n) {
        if (random() % 2) {
            weft::yield();
        }
        if (random() % 3 == 0) {
            throw;
        }
        throw n + 1;
    }
}

TEST_P(exceptions, hundreds_of_tasks_throw_and_suspend_at_random) {
    weft::runtime rt(options());
    rt.run([] {
        std::vector<weft::join_handle<void>> all;
        for (unsigned i = 0; i < 200; ++i) {
            all.push_back(weft::spawn([i] {
                std::mt19937 random(i);
                for (int round = 0; round < 20; ++round) {
                    try {
                        dig(random, 8);
                        ADD_FAILURE();
                    } catch (int n) {
                        EXPECT_GE(n, 1000);
                        EXPECT_LE(n, 1008);
                    }
                    EXPECT_EQ(std::uncaught_exceptions(), 0);
                    EXPECT_EQ(std::current_exception(), nullptr);
                }
            }));
        }
        for (auto& h : all) {
            h.join();
        }
    });
}

} // namespace

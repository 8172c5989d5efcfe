// SPDX-License-Identifier: MIT
// The last moments of a scope's child: what is destroyed then may still wait, move to another kernel thread, and use the scope; and ends that
// a worker has not told of yet (scheduler/worker.hpp, untold_ends) hold nobody up. With 1, 2 and 8 workers.
// Seen to fail: a child whose exit hooks run after its end was noted; a child's end that goes to the worker on which it was before its exit
// hooks; a worker that begins a child of another scope before it has told of ends.
#include "scheduler/migrate.hpp"
#include "scheduler/with_workers.hpp"
#include <atomic>
#include <stdexcept>

#include <weft/blocking.hpp>
#include <weft/future.hpp>
#include <weft/scope.hpp>
#include <weft/task_local.hpp>

namespace {

using namespace std::chrono_literals;

class child_end : public test::census, public testing::WithParamInterface<unsigned> {
  protected:
    /// f in a task.
    template <class F>
    static void as_task(F f) {
        weft::runtime rt({.workers = GetParam()});
        rt.run(f);
    }
};

/// At its end it does what it was told, and counts itself gone.
struct last_deed {
    void (*deed)(last_deed&) = nullptr;
    weft::scope* home = nullptr;
    std::atomic<int>* gone = nullptr;
    last_deed() = default;
    last_deed(const last_deed&) = delete;
    last_deed& operator=(const last_deed&) = delete;
    ~last_deed() {
        if (deed) {
            deed(*this);
            ++*gone;
        }
    }
};

constinit weft::task_local<last_deed> last;

/// `children` of a scope, every so-many-th of which ends with the deed; the others are so short that their ends are told together.
void children_that_end_by(void (*deed)(last_deed&), int children, int every = 3) {
    for (int round = 0; round < 5; ++round) {
        std::atomic<int> gone{0}, begun{0};
        weft::scope s;
        for (int i = 0; i < children; ++i) {
            s.spawn([&, i] {
                ++begun;
                if (i % every == every / 2) {
                    last->deed = deed;
                    last->home = &s;
                    last->gone = &gone;
                }
            });
        }
        s.join();
        ASSERT_EQ(begun, children);
        ASSERT_EQ(gone, (children + every - 1 - every / 2) / every);
    }
}

TEST_P(child_end, a_destructor_of_a_task_local_may_change_the_kernel_thread) {
    // One at a time: two that wait for each other's worker would wait for ever.
    as_task([] { children_that_end_by([](last_deed&) { EXPECT_TRUE(test::migrate()); }, 10, 10); });
}

TEST_P(child_end, a_destructor_of_a_task_local_may_wait_and_block) {
    as_task([] {
        children_that_end_by([](last_deed&) { weft::sleep_for(50us); }, 40);
        children_that_end_by([](last_deed&) { weft::blocking([] { std::this_thread::yield(); }); }, 40);
    });
}

TEST_P(child_end, a_child_blocks_where_no_kernel_thread_may_be_added) {
    weft::runtime rt({.workers = GetParam(), .max_blocking = 0});
    rt.run([] { children_that_end_by([](last_deed&) { weft::blocking([] { std::this_thread::yield(); }); }, 40); });
}

TEST_P(child_end, a_destructor_of_a_task_local_may_spawn_into_the_scope) {
    static std::atomic<int> late{0};
    as_task([] {
        children_that_end_by([](last_deed& d) { d.home->spawn([] { ++late; }); }, 31);
    });
    EXPECT_EQ(late.exchange(0), 5 * 10);
}

TEST_P(child_end, what_is_set_at_the_thread_s_exit_is_set_when_join_returns) {
    as_task([] {
        for (int round = 0; round < 50; ++round) {
            weft::promise<int> promised;
            auto value = promised.get_future();
            weft::scope s;
            for (int i = 0; i < 3; ++i) {
                s.spawn([&, i] {
                    if (i == 1) {
                        promised.set_value_at_thread_exit(round);
                    }
                });
            }
            s.join();
            ASSERT_EQ(value.wait_for(0s), std::future_status::ready);
            ASSERT_EQ(value.get(), round);
        }
    });
}

TEST_P(child_end, children_of_two_scopes_in_turn_are_told_to_the_right_one) {
    as_task([] {
        for (int round = 0; round < 200; ++round) {
            int first = 0, second = 0;
            std::atomic<int> of_first{0}, of_second{0};
            weft::scope a;
            weft::scope b;
            for (int i = 0; i < 20; ++i) {
                a.spawn([&] { ++of_first; });
                b.spawn([&] { ++of_second; });
                if (i % 4 == 0) {
                    b.spawn([&] { ++of_second; });
                    ++second;
                }
                ++first, ++second;
            }
            b.join();
            ASSERT_EQ(of_second, second);
            a.join();
            ASSERT_EQ(of_first, first);
        }
    });
}

TEST_P(child_end, joiners_of_two_scopes_go_on_at_their_own_last_child) {
    as_task([] {
        for (int round = 0; round < 100; ++round) {
            std::atomic<int> joined{0};
            const auto joiner = [&] {
                weft::scope s;
                std::atomic<int> done{0};
                for (int i = 0; i < 10; ++i) {
                    s.spawn([&] {
                        ++done;
                        if (done == 5) {
                            weft::yield();
                        }
                    });
                }
                s.join();
                ASSERT_EQ(done, 10);
                ++joined;
            };
            auto one = weft::spawn(joiner), other = weft::spawn(joiner);
            one.join();
            other.join();
            ASSERT_EQ(joined, 2);
        }
    });
}

TEST_P(child_end, whoever_spawns_the_child_is_counted) {
    weft::runtime rt({.workers = GetParam()});
    weft::runtime another({.workers = 1});
    for (const int each : {1, 63, 64, 65}) {
        std::atomic<int> done{0};
        rt.run([&] {
            weft::scope s;
            const auto some = [&] {
                for (int i = 0; i < each; ++i) {
                    s.spawn([&] { ++done; });
                }
            };
            auto guest = another.spawn(some);
            std::thread foreigner(some);
            s.spawn(some);
            some();
            weft::blocking(some);
            some();
            weft::blocking([&] { foreigner.join(); }); // only the owner's children may still come when it joins
            guest.join();
            s.join();
            EXPECT_EQ(done, 6 * each);
        });
    }
}

TEST_P(child_end, a_copy_that_moves_to_another_kernel_thread_and_throws_makes_no_child) {
    struct hostile {
        hostile() = default;
        hostile(const hostile&) {
            EXPECT_TRUE(test::migrate());
            throw std::runtime_error("no copy");
        }
        void operator()() const { ADD_FAILURE(); }
    };
    as_task([] {
        for (const int before : {0, 1, 63, 64}) { // how many are counted in advance differs
            std::atomic<int> done{0};
            const hostile h;
            weft::scope s;
            for (int i = 0; i < before; ++i) {
                s.spawn([&] { ++done; });
            }
            EXPECT_THROW(s.spawn(h), std::runtime_error);
            s.spawn([&] { ++done; });
            s.join();
            EXPECT_EQ(done, before + 1);
        }
    });
}

TEST_P(child_end, exceptions_among_ends_that_are_told_together_are_all_there) {
    as_task([] {
        for (int round = 0; round < 50; ++round) {
            weft::scope s;
            int thrown = 0;
            for (int i = 0; i < 100; ++i) {
                thrown += i % 7 == 0;
                s.spawn([i] {
                    if (i % 7 == 0) {
                        throw i;
                    }
                });
            }
            EXPECT_THROW(s.join(), int);
            ASSERT_EQ(s.others().size() + 1, static_cast<std::size_t>(thrown));
        }
    });
}

INSTANTIATE_TEST_SUITE_P(, child_end, testing::Values(1u, 2u, 8u));

} // namespace

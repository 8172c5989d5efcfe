// SPDX-License-Identifier: MIT
// Breaches of contract end the program with a sentence that names what and who.
#include "support/gtest_watchdog.hpp"
#include <memory>
#include <stdexcept>
#include <weft/weft.hpp>

namespace {

class runtime_death : public testing::Test {
  protected:
    // The child starts anew: a fork of a process with kernel threads would keep none of them.
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(runtime_death, destroying_a_joinable_handle_names_the_task) {
    EXPECT_DEATH(
        {
            weft::runtime rt({.workers = 2});
            auto h = rt.spawn({.name = "indexer"}, [] {});
        },
        "weft: panic: a joinable join_handle was destroyed or overwritten: join or detach task [0-9]+ 'indexer'");
}

TEST_F(runtime_death, overwriting_a_joinable_handle_is_a_panic) {
    EXPECT_DEATH(
        {
            weft::runtime rt({.workers = 2});
            auto h = rt.spawn([] {});
            h = rt.spawn([] {});
        },
        "weft: panic: a joinable join_handle was destroyed or overwritten");
}

TEST_F(runtime_death, an_exception_that_leaves_a_detached_task_terminates_with_the_task_s_name) {
    EXPECT_DEATH(
        {
            weft::runtime rt({.workers = 2});
            rt.spawn({.name = "doomed"}, [] {
                  weft::yield();
                  throw std::runtime_error("nobody joins me");
              }).detach();
        },
        "an exception left a detached task: task [0-9]+ 'doomed'(.|\n)*nobody joins me");
}

TEST_F(runtime_death, detaching_a_task_that_has_thrown_terminates_as_well) {
    EXPECT_DEATH(
        {
            weft::runtime rt({.workers = 1});
            auto h = rt.spawn([] { throw std::runtime_error("too late to detach"); });
            while (!h.done()) {
            }
            h.detach();
        },
        "an exception left a detached task(.|\n)*too late to detach");
}

TEST_F(runtime_death, a_task_that_destroys_its_own_runtime_is_told_so) {
    EXPECT_DEATH(
        {
            auto rt = std::make_unique<weft::runtime>(weft::runtime_options{.workers = 2});
            rt->run([&] { rt.reset(); });
        },
        "weft: panic: a weft::runtime was destroyed by one of its own tasks(.|\n)*weft: in task [0-9]+ ");
}

TEST_F(runtime_death, destroying_it_from_a_blocking_section_of_its_own_task_is_the_same_breach) {
    EXPECT_DEATH(
        {
            auto rt = std::make_unique<weft::runtime>(weft::runtime_options{.workers = 2});
            rt->run([&] { weft::blocking([&] { rt.reset(); }); });
        },
        "weft: panic: a weft::runtime was destroyed by one of its own tasks");
}

TEST_F(runtime_death, a_callable_whose_destructor_throws_terminates) {
    EXPECT_DEATH(
        {
            struct hostile {
                bool armed = true;
                hostile() = default;
                hostile(hostile&& o) noexcept : armed(std::exchange(o.armed, false)) {}
                ~hostile() noexcept(false) {
                    if (armed) {
                        throw std::runtime_error("out of a destructor");
                    }
                }
                void operator()() const {}
            };
            weft::runtime rt({.workers = 1});
            rt.spawn(hostile()).join();
        },
        "out of a destructor");
}

} // namespace

// SPDX-License-Identifier: MIT
// C++ exceptions in flight follow the stack: suspended inside a handler, inside a destructor that runs during unwinding, and
// resumed on another kernel thread. One test shows what happens without the care.
#include "context/exception_state.hpp"
#include "context/test_stacks.hpp"
#include "support/gtest_watchdog.hpp"
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace weft;

/// A coroutine that moves the exception state as the scheduler does.
class task {
  public:
    task(context::stack_pool& pool, std::function<void(task&)> body, bool careful = true)
        : careful_(careful), body_(std::move(body)), inner_(pool, [this](test::coroutine&) { body_(*this); }) {}

    void resume() { swapped([this] { inner_.resume(); }); }
    void suspend() { swapped([this] { inner_.suspend(); }); }
    bool ended() const { return inner_.ended(); }

  private:
    template <class Switch>
    [[gnu::noinline]] void swapped(Switch switch_over) {
        if (!careful_) {
            switch_over();
            return;
        }
        context::exception_state mine;
        context::swap_out(*context::exception_state_of_this_thread(), mine);
        switch_over();
        context::swap_in(*context::exception_state_of_this_thread(), mine); // asked anew: perhaps another kernel thread
    }

    const bool careful_;
    std::function<void(task&)> body_;
    test::coroutine inner_;
};

class exception_state : public testing::Test {
  protected:
    context::stack_pool pool{{.stack_size = 256 * 1024}};
};

std::string what_is_current() {
    if (const std::exception_ptr e = std::current_exception()) {
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& error) {
            return error.what();
        }
    }
    return "none";
}

TEST_F(exception_state, has_the_layout_that_we_assume) {
    const context::exception_state* here = context::exception_state_of_this_thread();
    EXPECT_EQ(here->caught, nullptr);
    EXPECT_EQ(here->uncaught, 0u);
    try {
        throw 1;
    } catch (int) {
        EXPECT_NE(here->caught, nullptr);
        EXPECT_EQ(here->uncaught, 0u);
    }
    EXPECT_EQ(here->caught, nullptr);
    struct looker {
        const context::exception_state* here;
        unsigned* seen;
        ~looker() { *seen = here->uncaught; }
    };
    unsigned seen = 0;
    try {
        looker l{here, &seen};
        throw 2;
    } catch (int) {
    }
    EXPECT_EQ(seen, 1u);
}

TEST_F(exception_state, of_two_handlers_that_suspend_in_turn_stays_apart) {
    std::vector<std::string> seen;
    auto body = [&](const char* name) {
        return [&seen, name](task& self) {
            try {
                throw std::runtime_error(name);
            } catch (...) {
                for (int k = 0; k < 3; ++k) {
                    self.suspend();
                    seen.push_back(what_is_current());
                }
                try {
                    throw; // the one of this task
                } catch (const std::exception& again) {
                    seen.push_back(std::string("again ") + again.what());
                }
            }
            seen.push_back(what_is_current());
        };
    };
    task a(pool, body("a"));
    task b(pool, body("b"));
    while (!a.ended() || !b.ended()) {
        if (!a.ended()) {
            a.resume();
        }
        EXPECT_EQ(what_is_current(), "none");
        if (!b.ended()) {
            b.resume();
        }
        EXPECT_EQ(what_is_current(), "none");
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "a", "b", "a", "again a", "none", "b", "again b", "none"}));
}

TEST_F(exception_state, goes_to_another_kernel_thread_with_its_stack) {
    std::vector<std::string> seen;
    task t(pool, [&](task& self) {
        try {
            throw std::runtime_error("traveller");
        } catch (...) {
            self.suspend();
            seen.push_back(what_is_current());
            try {
                throw;
            } catch (const std::exception& again) {
                seen.push_back(again.what());
            }
        }
    });
    t.resume();
    EXPECT_EQ(what_is_current(), "none");
    std::thread other([&] {
        try {
            throw std::runtime_error("local");
        } catch (...) {
            t.resume(); // inside a handler of this thread, whose exception must be there afterwards
            seen.push_back(what_is_current());
        }
    });
    other.join();
    EXPECT_TRUE(t.ended());
    EXPECT_EQ(seen, (std::vector<std::string>{"traveller", "traveller", "local"}));
}

TEST_F(exception_state, counts_uncaught_exceptions_for_each_stack) {
    struct suspends_while_unwinding {
        task& self;
        std::vector<int>& seen;
        ~suspends_while_unwinding() {
            seen.push_back(std::uncaught_exceptions());
            self.suspend();
            seen.push_back(std::uncaught_exceptions());
        }
    };
    std::vector<int> seen;
    bool caught = false;
    task t(pool, [&](task& self) {
        try {
            suspends_while_unwinding s{self, seen};
            throw 7;
        } catch (int seven) {
            caught = seven == 7;
        }
        seen.push_back(std::uncaught_exceptions());
    });
    t.resume();
    EXPECT_EQ(std::uncaught_exceptions(), 0);
    try { // an exception of our own while the other's is in flight
        throw 8;
    } catch (int) {
        EXPECT_EQ(std::uncaught_exceptions(), 0);
    }
    t.resume();
    EXPECT_TRUE(t.ended());
    EXPECT_TRUE(caught);
    EXPECT_EQ(seen, (std::vector<int>{1, 1, 0}));
}

TEST_F(exception_state, nests) {
    std::string order;
    task t(pool, [&](task& self) {
        try {
            throw std::runtime_error("outer");
        } catch (...) {
            try {
                throw std::runtime_error("inner");
            } catch (...) {
                self.suspend();
                order += what_is_current() + " ";
            }
            self.suspend();
            order += what_is_current();
        }
    });
    while (!t.ended()) {
        t.resume();
    }
    EXPECT_EQ(order, "inner outer");
}

TEST_F(exception_state, of_an_abandoned_handler_would_leak_into_others_without_the_swap) {
    // The proof that the tests above can fail: the same without the swap, and the resumer sees the task's exception as its own.
    task t(
        pool,
        [&](task& self) {
            try {
                throw std::runtime_error("leaked");
            } catch (...) {
                self.suspend();
            }
        },
        false);
    t.resume();
    EXPECT_EQ(what_is_current(), "leaked");
    t.resume();
    EXPECT_EQ(what_is_current(), "none");
}

} // namespace

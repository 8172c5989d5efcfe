// SPDX-License-Identifier: MIT
// Coroutines in their smallest form, for tests of the switch: a body on a stack of its own, resumed and suspended by hand.
#pragma once
#include "context/stack_pool.hpp"
#include "context/switch.hpp"
#include <functional>
#include <gtest/gtest.h>
#include <utility>

namespace test {

/// One stack from a pool of its size; gone with the object.
class stack {
  public:
    explicit stack(weft::context::stack_pool& pool) : pool_(pool) {
        weft::base::refusal why;
        if (pool_.acquire(&top_, 1, &why) != 1) {
            ADD_FAILURE() << why.call << " errno " << why.error;
            std::abort();
        }
    }
    stack(const stack&) = delete;
    stack& operator=(const stack&) = delete;
    ~stack() { pool_.release(&top_, 1); }
    void* top() const { return top_; }
    std::size_t size() const { return pool_.usable_size(); }

  private:
    weft::context::stack_pool& pool_;
    void* top_ = nullptr;
};

/// A body on its own stack. No exception state is moved: see exception_state_test.cpp for that.
class coroutine {
  public:
    coroutine(weft::context::stack_pool& pool, std::function<void(coroutine&)> body)
        : stack_(pool), body_(std::move(body)), inside_(weft::context::make_point(stack_.top(), stack_.size(), &enter, this)) {}

    /// Runs the body until it suspends or ends.
    [[gnu::noinline]] void resume() { weft::context::switch_to(&outside_, inside_); }
    /// From the body: back to whoever resumed.
    [[gnu::noinline]] void suspend() { weft::context::switch_to(&inside_, outside_); }
    bool ended() const { return ended_; }
    const stack& memory() const { return stack_; }

  private:
    static void enter(void* self) noexcept {
        auto& c = *static_cast<coroutine*>(self);
        c.body_(c);
        c.ended_ = true;
        weft::context::leave_to(c.outside_);
    }

    stack stack_;
    std::function<void(coroutine&)> body_;
    weft::context::point outside_ = nullptr;
    weft::context::point inside_;
    bool ended_ = false;
};

} // namespace test
